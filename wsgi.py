"""The WSGI entry for gunicorn: `gunicorn wsgi:application` with HOCBA_DATA set."""

from portal.app import create_app
from portal.settings import load

application = create_app(load())
