"""What the check of workflows refuses: what GitHub would not take, what strangers could misuse, what is not there."""

from pathlib import Path
from typing import Any

import pytest

from cli import check_workflows
from cli.cluster_tools import objections

COMMIT = "3d3c42e5aac5ba805825da76410c181273ba90b1"
GOOD = f"""
name: good
on: push
permissions: {{}}
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@{COMMIT} # v7.0.1
        with:
          persist-credentials: false
      - run: ./task check
"""
BAD = """
name: bad
on: pull_request_target
permissions: {}
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: echo "${{ github.event.pull_request.title }}"
      - run: echo "${{ steps.nothing.outputs.x }}"
"""


def faults(text: str) -> list[str]:
    return [*check_workflows.faults_of("w.yml", text, {"check"})]


def test_a_good_workflow_has_no_faults() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("here", "instead", "fault"),
    [
        ("permissions: {}", "permissions: write-all", "permissions have to be {}"),
        (f"@{COMMIT} # v7.0.1", "@v7", "not pinned by commit"),
        (f"@{COMMIT} # v7.0.1", f"@{COMMIT}", "not pinned by commit"),
        ("./task check", "./task chekc", "Taskfile.yml has no chekc"),
        ("    timeout-minutes: 5\n", "", "a job without timeout-minutes"),
    ],
)
def test_what_is_wrong_is_found(here: str, instead: str, fault: str) -> None:
    assert here in GOOD
    (found,) = faults(GOOD.replace(here, instead))
    assert fault in found


def test_the_programs_refuse_what_github_or_a_stranger_would_trip_over(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(GOOD)
    bad = tmp_path / "bad.yml"
    bad.write_text(BAD)
    good = str(tmp_path / "good.yml")
    assert objections("actionlint", good) == ""
    assert objections("zizmor", *check_workflows.AUDIT, good) == ""
    assert 'property "nothing" is not defined' in objections("actionlint", str(bad))
    audit = objections("zizmor", *check_workflows.AUDIT, str(bad))
    assert all(name in audit for name in ("dangerous-triggers", "template-injection", "unpinned-uses"))


def test_files_that_are_no_compose_file_are_refused() -> None:
    good: dict[str, Any] = {"services": {"a": {"image": "b", "volumes": ["./compose.yaml:/c:ro"]}}}
    assert [*check_workflows.against_schema("compose-spec", good)] == []
    assert [*check_workflows.strange_mounts(good)] == []
    wrong = {"services": {"a": {"image": "b", "port": ["8000"], "volumes": ["./nothing.yaml:/c:ro"]}}}
    (found,) = check_workflows.against_schema("compose-spec", wrong)
    assert "port" in found
    (mount,) = check_workflows.strange_mounts(wrong)
    assert "./nothing.yaml" in mount
