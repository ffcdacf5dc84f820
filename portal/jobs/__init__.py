"""Long work: `work` does a job, `queue` carries its number to a runner, `keeper` finds what was lost on the way.

The `job` table is the truth; a queue that loses a number or hands it out twice does no harm.
"""
