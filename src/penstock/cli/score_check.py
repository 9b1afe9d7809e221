"""`penstock score check`: whether score profiles mean what they seem to, before they are used."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.padding import Padding
from rich.text import Text

from penstock.cli.session import complain, console
from penstock.experience.profiles.in_force import overlaps, shipped_profiles
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile, assumptions
from penstock.kernel.errors import Invalid, Misconfigured, NotFound


def check(
    *files: Annotated[str, Parameter(help="TOML files, or names of shipped profiles")],
    assumed: Annotated[bool, Parameter(help="list what each assumes, too")] = False,
) -> None:
    """Check score profiles: every error by its line, and dates that overlap."""
    if not files:
        raise Misconfigured("name the profiles to check: files that end in .toml, or shipped ones.")
    read = [(name, _read(name)) for name in dict.fromkeys(files)]
    good = [(name, profile) for name, profile in read if profile is not None]
    clashes = _clashes([profile for _, profile in good])
    for clash in clashes:
        complain(clash)
    for name, profile in good:
        _tell(name, profile, assumed=assumed)
    if clashes or len(good) < len(read):
        raise SystemExit(2)


def _read(name: str) -> Profile | None:
    """Return the profile, or say at which lines of its file it is wrong."""
    try:
        return load(name)
    except NotFound as problem:
        complain(f"{problem}")
    except Invalid as problem:
        complain(f"{problem}")
        for error in problem.errors:
            complain(f"  {Path(name).name} {error.detail}")
    return None


def _clashes(profiles: list[Profile]) -> list[str]:
    """Say where they would be in force with one another, or with those that come with Penstock."""
    mine = {profile.code for profile in profiles}
    others = [profile for profile in shipped_profiles() if profile.code not in mine]
    return [
        what
        for one, other, what in overlaps([*profiles, *others])
        if one.code in mine or other.code in mine
    ]


def _tell(name: str, profile: Profile, *, assumed: bool) -> None:
    until = "on" if profile.effective_to is None else f"to {profile.effective_to}"
    guesses = list(assumptions(profile))
    console.print(f"{name}: {profile.title}", highlight=False)
    facts = (
        f"in force from {profile.effective_from} {until}",
        f"{len(profile.metrics)} metrics",
        f"{len(guesses)} assumptions",
    )
    for line in (", ".join(facts), *(guesses if assumed else ())):
        console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
