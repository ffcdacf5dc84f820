"""What can be asked over the web: each view parses, calls one service and renders."""

from flask import Flask

from portal.views import accounts, certificates, checking, home, log, lookup, packets, records, uploads
from verify.code import grouped


def register(app: Flask) -> None:
    """Bind every view."""
    app.jinja_env.filters["grouped"] = grouped
    for feature in (home, lookup, checking, accounts, records, certificates, packets, uploads, log):
        app.register_blueprint(feature.blueprint)
