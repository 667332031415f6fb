"""Digests of a build are written where every overlay reads them, and nothing else of the file changes."""

import pytest
import yaml

from cli.deploy_images import FILE, ImageError, with_image

FIRST, SECOND = f"sha256:{'0' * 64}", f"sha256:{'f' * 64}"


def test_both_images_get_their_digests_again_and_again_and_the_rest_stays() -> None:
    before = FILE.read_text()
    once = with_image(
        with_image(before, "tickler", f"ghcr.io/Me/Tickler@{FIRST}"), "tickler-web", f"ghcr.io/me/w@{FIRST}"
    )
    twice = with_image(once, "tickler", f"ghcr.io/me/tickler@{SECOND}")
    found = {each["name"]: each for each in yaml.safe_load(twice)["images"]}
    # A registry knows small letters only.
    assert found["tickler"] == {"name": "tickler", "newName": "ghcr.io/me/tickler", "digest": SECOND}
    assert found["tickler-web"] == {"name": "tickler-web", "newName": "ghcr.io/me/w", "digest": FIRST}
    changed = {line for line in twice.splitlines() if line not in before.splitlines()}
    assert len(changed) == 4
    assert len(twice.splitlines()) == len(before.splitlines())


@pytest.mark.parametrize(
    ("name", "image"),
    [("tickler", "ghcr.io/me/tickler:latest"), ("tickler", "ghcr.io/me/tickler@sha256:12"), ("other", f"a/b@{FIRST}")],
)
def test_what_is_no_digest_or_none_of_ours_is_refused(name: str, image: str) -> None:
    with pytest.raises(ImageError):
        with_image(FILE.read_text(), name, image)
