"""One cluster for all tests of a kind; the time of each test is shown, as this is long work."""

import time
from collections.abc import Iterator

import kube
import pytest


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kube.Cluster]:
    kube.say("\nStarting etcd, kube-apiserver, controllers, scheduler and fake nodes")
    with kube.cluster(tmp_path_factory.mktemp("cluster")) as running:
        kube.define(running)
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kube.Cluster]:
    kube.say("\nStarting etcd and kube-apiserver")
    with kube.cluster(tmp_path_factory.mktemp("server"), controllers=False) as running:
        kube.define(running)
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    begun = time.monotonic()
    try:
        return (yield)
    finally:
        kube.say(f"  {item.name}: {time.monotonic() - begun:.1f} s")
