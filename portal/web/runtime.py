"""What the process holds, for views: the runtime of the instance and the count of anonymous cards."""

import atexit
import threading
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from portal.database import reading
from portal.extensions import db
from portal.runtime import Runtime
from portal.services.access import CardCounter
from portal.web.prepared import Connections, Prepared

_NAME: Final = "hocba"


@dataclass(frozen=True, slots=True)
class Held:
    """runtime: of the instance. engine: writes; reader: the same database, for transactions that only read.

    cards: counts anonymous cards. prepared: statements of the hot path by identity; connections: what they run on.
    """

    runtime: Runtime
    engine: sa.Engine
    reader: sa.Engine
    cards: CardCounter = field(default_factory=CardCounter)
    prepared: dict[int, Prepared] = field(default_factory=dict)
    connections: Connections = field(default_factory=Connections)


def register(app: Flask, runtime: Runtime) -> None:
    """Keep the runtime with the application."""
    with app.app_context():
        engine = db.engine
    kept = app.extensions[_NAME] = Held(runtime, engine, reading(engine))
    sa.event.listen(engine, "engine_disposed", lambda _engine: kept.connections.close())


def write_counts_at_exit(app: Flask) -> None:
    """Let the end of the process lose no count."""
    atexit.register(write_counts, app.extensions[_NAME])


def held() -> Held:
    """What the current application holds."""
    found: Held = current_app.extensions[_NAME]
    return found


def runtime() -> Runtime:
    """The runtime of the current application."""
    return held().runtime


def write_counts(kept: Held) -> None:
    """Write the counted cards; a count that cannot be written is lost, never a lookup."""
    try:
        with kept.engine.begin() as connection:
            kept.cards.flush(connection)
    except sa.exc.SQLAlchemyError as error:
        structlog.get_logger().warning("cards.lost", error=type(error).__name__)


def write_counts_aside(kept: Held) -> None:
    """The same without making a visitor wait for the disk."""
    threading.Thread(target=write_counts, args=(kept,), name="card-counts").start()
