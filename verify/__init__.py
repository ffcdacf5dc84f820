"""The trust core: what do these bytes prove?

Reading order (a module imports only those above it): errors, verdict, limits, code, canonical, record, signing,
containers, anchors, log, standing, form, pdf, verifier. Nothing here knows Flask, a database, a clock, the
network or the environment: bytes, keys and times come in as arguments.
"""
