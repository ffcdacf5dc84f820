"""The pieces that commands share: the clock, one transaction, the runtime of the chosen instance."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine, reading
from portal.runtime import Runtime, open_runtime
from portal.settings import Settings, database_url
from verify.code import new_code

pass_settings = click.make_pass_decorator(Settings)


def now() -> datetime:
    """The command line's clock."""
    return datetime.now(UTC)


def fresh_code() -> str:
    return new_code(secrets.token_bytes(16))


def fresh_salt() -> bytes:
    return secrets.token_bytes(32)


@contextmanager
def running(settings: Settings) -> Iterator[Runtime]:
    """The runtime of the instance; its children end with the command."""
    runtime = open_runtime(settings, now())
    try:
        yield runtime
    finally:
        runtime.close()


@contextmanager
def engine_of(settings: Settings) -> Iterator[sa.Engine]:
    engine = open_engine(database_url(settings), settings.data)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def transaction(settings: Settings) -> Iterator[Session]:
    """One writing transaction: all or nothing."""
    with engine_of(settings) as engine, Session(engine) as session, session.begin():
        yield session


@contextmanager
def read_only(settings: Settings) -> Iterator[Session]:
    """A transaction that only reads."""
    with engine_of(settings) as engine, Session(reading(engine)) as session, session.begin():
        yield session
