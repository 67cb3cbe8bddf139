"""Versions N and N+1 side by side under load, with N+1's migration in between, and each of them killed once."""

from __future__ import annotations

from argosy.apps.chaos import next_version
from argosy.apps.chaos.calm import rows
from argosy.apps.chaos.experiment import SOURCE, Experiment
from argosy.apps.chaos.programs import Program, run
from argosy.apps.chaos.scene import Scene, within
from argosy.apps.cli.processes import free_ports

GOES_ON_SECONDS = 30.0
HEARS = "checkout"
"""The context that hears what N+1 tells in a version that N does not know."""
MEETS, STANDS_DOWN = "is newer than this program", "stands down"


def two_versions(scene: Scene) -> None:
    """N alone; N+1 migrates under load; both; N+1 and a straggler; and N once more, as when somebody goes back."""
    newer = next_version.make(scene.var / "next")
    scene.web()
    old, straggler = scene.worker(), scene.worker(HEARS)
    with scene.buying(buyers=2):
        _goes_on(scene, "under N alone")
        migrated = run("migrate", folder=newer)
        scene.injected["migrations under load"] += 1
        if migrated.returncode or "applied" not in migrated.stdout:
            scene.wrong.append(f"N+1 did not migrate: {migrated.stdout} {migrated.stderr[-500:]}")
            return
        _goes_on(scene, "under N after the migration")
    second = free_ports()[0]
    scene.web(second, folder=newer)
    scene.load.ports = [scene.port, second]
    new = scene.worker(folder=newer)
    with scene.buying():
        scene.wait(scene.seconds / 2)
        _goes_on(scene, "with N and N+1 side by side")
        _replace(scene, old)
        # What is left of N works off the one context that hears what it cannot read.
        scene.wait(scene.seconds / 2)
        _goes_on(scene, "with a straggler of N beside N+1")
        _stood_down(scene, straggler, MEETS)
        _replace(scene, straggler)
        back = scene.worker(HEARS)
        scene.wait(scene.seconds / 2)
        _goes_on(scene, "with N back beside N+1")
        _stood_down(scene, back, STANDS_DOWN)
        scene.check_alive(new)
    _both_wrote(scene)


def _replace(scene: Scene, program: Program) -> None:
    scene.check_alive(program)
    program.end()
    scene.programs.remove(program)
    scene.injected["workers of N ended"] += 1


def _stood_down(scene: Scene, program: Program, words: str) -> None:
    scene.check_alive(program)
    if not within(lambda: words in program.text, GOES_ON_SECONDS):
        scene.wrong.append(f"a worker of N never stood down ({words}): {program.text[-300:]}")


def _goes_on(scene: Scene, when: str) -> None:
    """Orders are taken and worked off."""
    accepted, done = scene.accepted(), scene.completed()
    if not within(lambda: scene.completed() > done + 3 and scene.accepted() > accepted, GOES_ON_SECONDS):
        scene.wrong.append(
            f"{when}: {scene.completed() - done} completed and {scene.accepted() - accepted} accepted "
            f"within {GOES_ON_SECONDS:.0f} s"
        )


def _both_wrote(scene: Scene) -> None:
    """Rows and messages of both versions are there: otherwise nothing was put to the test."""
    written = rows(scene.place, "payments", "SELECT channel, count(*) FROM payment_intents GROUP BY channel")
    told = rows(
        scene.place,
        "payments",
        f"SELECT schema_version, count(*) FROM {scene.place.stores['payments'].outbox} "
        "WHERE event_type = 'payments.PaymentCaptured' GROUP BY schema_version",
    )
    counts = {f"payments written by {'N+1' if channel else 'N'}": count for channel, count in written}
    counts |= {f"captures told in version {version}": count for version, count in told}
    scene.measured.update(counts)
    if len(written) < 2 or len(told) < 2:
        scene.wrong.append(f"both versions were to write and to tell, and there are {counts}")


EXPERIMENTS = (
    Experiment(
        name="two-versions",
        level="L2",
        proves="R09",
        target="web and workers",
        failure="versions N and N+1 side by side while N+1 migrates: a new column, a new field, a message's successor",
        expected="no 5xx, each reads what the other writes, N stands down where it does not know what N+1 tells",
        rollback="a message that one of them passes over or parks",
        owner="Platform",
        invariants=("I29", "I30", "I40"),
        inject=two_versions,
        needs=SOURCE,
        seconds=8,
    ),
)
