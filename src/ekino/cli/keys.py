"""`ekino keys`: who may sign."""

from pathlib import Path

import click

from ekino.cli.office import Office, print_json, print_table


@click.group()
def keys() -> None:
    """List, limit and revoke keys, and register sources with theirs."""


@keys.command("list")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a key on stdout.")
@click.pass_obj
def list_all(office: Office, *, is_json: bool) -> None:
    """List every key, its source, and since when it is revoked."""
    from ekino.access import service

    with office.database() as db:
        rows = service.list_keys(db)
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption=f"{len(rows)} keys")


@keys.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def add(office: Office, file: Path, *, is_json: bool) -> None:
    """Register the sources in FILE with their keys and halls, all or none."""
    from ekino.access import service
    from ekino.access.api import read_sources

    with office.database() as db:
        codes = service.load_sources(db, read_sources(file.read_bytes()), actor="cli")
    if is_json:
        print_json({"sources": codes})
    else:
        click.echo(f"{len(codes)} sources registered: {', '.join(codes)}", err=True)


@keys.command()
@click.argument("key")
@click.option(
    "--network", "networks", multiple=True, help="203.0.113.0/24; again for more."
)
@click.option("--anywhere", "is_anywhere", is_flag=True, help="Take every limit away.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def limit(
    office: Office, key: str, networks: tuple[str, ...], *, is_anywhere: bool, is_json: bool
) -> None:
    """Let KEY be used from these networks only, or from anywhere again."""
    from ekino.access.service import addresses

    if bool(networks) == is_anywhere:
        message = "give --network, once or more, or --anywhere"
        raise click.UsageError(message)
    with office.database() as db:
        found = addresses.set_networks(db, key, " ".join(networks), actor="cli")
    if is_json:
        print_json({"key_id": key, "networks": [str(each) for each in found]})
        return
    where = ", ".join(map(str, found)) or "anywhere"
    click.echo(f"{key} may be used from {where}", err=True)


@keys.command()
@click.argument("key")
@click.option(
    "--with-successors",
    is_flag=True,
    help="The keys that took its place too, one after another: when KEY has leaked.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def revoke(office: Office, key: str, *, with_successors: bool, is_json: bool) -> None:
    """End KEY's life at once: nothing it signs is entered any more."""
    from ekino.access import service

    with office.database() as db:
        came_of_it = service.list_successors(db, key)
        revoked_at = service.revoke_key(
            db, key, actor="cli", with_successors=with_successors
        )
        alive = service.list_successors(db, key)
    if is_json:
        ended = [each for each in came_of_it if each not in alive]
        print_json(
            {
                "key_id": key,
                "revoked_at": revoked_at,
                "successors_revoked": ended,
                "successors_alive": alive,
            }
        )
        return
    click.echo(f"{key} is revoked since {revoked_at:%Y-%m-%d %H:%M:%S} UTC", err=True)
    for each in dict.fromkeys((*came_of_it, *alive)):
        if each in alive:
            click.echo(
                f"{each} came of it and still signs; if KEY has leaked:\n"
                f"  ekino keys revoke --with-successors {key}",
                err=True,
            )
        else:
            click.echo(f"{each} came of it and is revoked too", err=True)
