"""The trust core: what do these bytes prove?

Reading order (a module imports only those above it): errors, pictures, verdict, limits, png, code, canonical, record,
signing, containers, anchors, timestamps, log, existence, standing, status_list, summary, form, pdf, verifier, report,
exchange.
Nothing here knows Flask, a database, a clock, the network or the environment: bytes, keys and times come in as
arguments.
"""
