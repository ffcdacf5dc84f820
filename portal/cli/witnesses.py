"""`hocba witnesses`: the witnesses of this instance's log, asked and looked at. To run one, see `hocba witness`."""

import click

from portal.cli.context import engine_of, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.jobs.witnessing import ask_all
from portal.presenters.language import moment_words
from portal.presenters.log import present_log, trouble_words
from portal.services.witness_overview import overview
from portal.settings import Settings
from portal.web.jobs import witness_desk
from verify.log.notes import format_vkey


@click.group()
def witnesses() -> None:
    """Các bên chứng kiến của sổ này: hỏi ngay, xem trạng thái (chạy một bên chứng kiến: hocba witness)."""


@witnesses.command()
@click.option("--json", "as_json", is_flag=True, help="Mỗi bên một đối tượng JSON trên một dòng.")
@pass_settings
def ask(settings: Settings, as_json: bool) -> None:
    """Hỏi ngay mọi bên, nhất là sau khi khôi phục bản sao; thoát 1 nếu có bên không ký."""
    with running(settings) as runtime, engine_of(settings) as engine:
        outcomes = ask_all(witness_desk(runtime, engine), everyone=True)
    for each in outcomes:
        trouble = each.trouble.value if each.trouble is not None else None
        if as_json:
            put({"witness": each.name, "size": each.size, "trouble": trouble})
        else:
            words = "đã ký" if each.trouble is None else trouble_words(each.trouble, each.witness_size)
            say(f"{each.name}: {each.size} dòng, {words}")
    if not outcomes and not as_json:
        say("Chưa khai báo bên chứng kiến nào (trust/witnesses.policy).")
    raise SystemExit(1 if any(each.trouble is not None for each in outcomes) else 0)


@witnesses.command()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """Điểm kiểm mới nhất đủ bên chứng kiến chưa, từng bên ra sao; thoát 1 khi chưa đủ hoặc có mâu thuẫn."""
    with running(settings) as runtime, read_only(settings) as session:
        keys = runtime.log_signer.verifiers
        seen = overview(session, runtime.witnesses, keys[0].name)
    page = present_log(seen, tuple(format_vkey(key) for key in keys))
    if as_json:
        put(
            {
                "size": page.size,
                "root": page.root,
                "quorum": seen.quorum,
                "found": seen.found,
                "witnessed": seen.witnessed[0] if seen.witnessed is not None else None,
                "witnesses": {each.name: each.trouble for each in seen.witnesses},
                "contradictions": len(seen.contradictions),
            }
        )
    else:
        say(f"{page.origin}: {page.size} dòng. {page.headline.title}. {page.headline.text}")
        for line in page.witnesses:
            last = moment_words(line.seen_at) if line.seen_at is not None else "chưa lần nào"
            say(f"  {line.name} · {line.state} · {line.signed} · {last} {line.detail}".rstrip())
        for contradiction in page.contradictions:
            say(f"  {moment_words(contradiction.at)}: {contradiction.text}")
    raise SystemExit(0 if seen.reached and not seen.contradicted else 1)
