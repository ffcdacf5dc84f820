"""One module for each kind of leaf: a frozen value, how its own fields are written, and how they are read strictly.

`verify.log.leaves` holds the table of kinds. A new kind is a module here, a row there and a name in its `Leaf`.
"""
