"""Third-party objects, made once and bound to an application by the factory. Nothing of ours lives here."""

from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

# The engine of an application. Models stand on their own base (portal.models); sessions are opened by the unit of work.
db = SQLAlchemy(add_models_to_shell=False)
limiter = Limiter(key_func=get_remote_address, headers_enabled=False)
csrf = CSRFProtect()
babel = Babel()
htmx = Htmx()
