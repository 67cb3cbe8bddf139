"""What is in deploy/ fits the program: settings, commands, ports and contexts; checked without engine or cluster."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.apps import apps

from argosy.apps.cli.main import parser
from argosy.apps.cli.web import PORT
from argosy.apps.cli.worker import ALIVE
from argosy.platform.context import Context
from argosy.platform.storage.chosen import MEDIA, TRANSFERS
from tests.architecture.sources import PROJECT
from tests.docs.test_readme import variables_read

DEPLOY = PROJECT / "deploy"
KUBERNETES = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ("1.30", "1.35")
"""Of Kubernetes: the oldest that is meant, and a new one."""
HEALTH = {"startupProbe": "startup", "livenessProbe": "live", "readinessProbe": "ready"}
ARCHIVE = "/var/lib/argosy/archive"
SECRET = re.compile("_(KEY|SECRET|PASSWORD|TOKEN)$")

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"].startswith("argosy")}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def documents() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in KUBERNETES:
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield path, one


def named(given: tuple[Path, dict[str, Any]]) -> str:
    return f"{given[1]['kind']} {given[1]['metadata']['name']}"


DOCUMENTS = list(documents())
PODS = [one for one in DOCUMENTS if "template" in one[1].get("spec", {})]
WORKERS = [one for _, one in PODS if one["metadata"]["name"].startswith("argosy-worker-")]


def container(document: dict[str, Any]) -> dict[str, Any]:
    [one] = document["spec"]["template"]["spec"]["containers"]
    assert isinstance(one, dict)
    return one


def understood(words: list[str]) -> Any:
    """What `argosy` makes of a command line; one that it refuses ends this."""
    return parser(words).parse_args(words)


# Kubernetes.


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("given", DOCUMENTS, ids=named)
def test_each_document_is_what_kubernetes_says_it_may_be(given: tuple[Path, dict[str, Any]], version: str) -> None:
    kubernetes_validate.validate(given[1], version, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    broken = {**DOCUMENTS[0][1], "replicaz": 2}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[0], strict=True)


@pytest.mark.parametrize("given", PODS, ids=named)
def test_every_pod_is_unprivileged_bounded_and_reads_secrets_by_reference(given: tuple[Path, dict[str, Any]]) -> None:
    pod, one = given[1]["spec"]["template"]["spec"], container(given[1])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert one["securityContext"]["allowPrivilegeEscalation"] is False
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(one["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in one["resources"]["limits"]
    assert all("secretKeyRef" in variable["valueFrom"] for variable in one["env"])
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in one["volumeMounts"]}
    assert ARCHIVE in {mount["mountPath"] for mount in one["volumeMounts"]}


@pytest.mark.parametrize("given", PODS, ids=named)
def test_every_pod_runs_a_command_of_argosy_with_settings_that_it_reads(given: tuple[Path, dict[str, Any]]) -> None:
    one, known = container(given[1]), variables_read()
    understood(one["args"])
    assert {variable["name"] for variable in one["env"]} <= known
    [settings] = [document for _, document in DOCUMENTS if document["kind"] == "ConfigMap"]
    assert set(settings["data"]) <= known
    assert all(isinstance(value, str) for value in settings["data"].values())
    assert one["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]


def secrets_of(document: dict[str, Any]) -> set[str]:
    return {variable["name"] for variable in container(document)["env"]}


def test_every_secret_that_a_shop_may_have_reaches_who_needs_it() -> None:
    # Providers of sign-in have names of the shop's own.
    others = ("ARGOSY_TEST_", "ARGOSY_OIDC_")
    known = {name for name in variables_read() if SECRET.search(name) and not name.startswith(others)}
    given = {document["metadata"]["name"]: secrets_of(document) for _, document in PODS}
    assert known - set().union(*given.values()) == set()
    gateways = {name for name in known if re.match("ARGOSY_(STRIPE|RAZORPAY)_", name)}
    assert gateways and {name for name, found in given.items() if found & gateways} == {
        "argosy-web",
        "argosy-worker-money",
    }
    assert all(gateways <= given[name] for name in ("argosy-web", "argosy-worker-money"))
    for name, found in given.items():
        assert {"ARGOSY_STORAGE_KEY", "ARGOSY_STORAGE_SECRET"} <= found, name
    assert [name for name, found in given.items() if "ARGOSY_MAIL_PASSWORD" in found] == ["argosy-worker-goods"]


def test_no_letter_is_kept_in_a_pod_or_a_container_that_will_be_gone() -> None:
    [settings] = [document["data"] for _, document in DOCUMENTS if document["kind"] == "ConfigMap"]
    assert settings["ARGOSY_MAIL"].startswith("smtp")
    assert settings["ARGOSY_SHOP_URL"].removeprefix("https://") in settings["ARGOSY_HOSTS"].split(",")
    assert "ARGOSY_TRUSTED_PROXIES" in settings
    assert COMPOSE["services"]["worker"]["environment"]["ARGOSY_MAIL"] == "${ARGOSY_MAIL:-console}"


def test_who_takes_pictures_and_files_shares_the_folders_of_both() -> None:
    folders = {f"/var/lib/argosy/{name}" for name in (MEDIA, TRANSFERS)}
    for document in (one for _, one in PODS):
        options = understood(container(document)["args"])
        contexts = (getattr(options, "contexts", None) or "").split(",")
        mounts = {mount["mountPath"] for mount in container(document)["volumeMounts"]}
        takes = document["metadata"]["name"] == "argosy-web" or "products" in contexts
        assert (mounts >= folders) is takes, document["metadata"]["name"]
    assert {mount.split(":")[1] for mount in COMPOSE["services"]["worker"]["volumes"]} >= folders


def test_web_is_probed_where_it_answers_and_served_where_it_listens() -> None:
    [web] = [document for _, document in PODS if document["metadata"]["name"] == "argosy-web"]
    one, options = container(web), understood(container(web)["args"])
    ports = {port["name"]: port["containerPort"] for port in one["ports"]}
    assert ports == {"http": options.port, "waits": options.waits_port}
    assert (options.host, options.port) == ("0.0.0.0", PORT)
    for probe, path in HEALTH.items():
        assert one[probe]["httpGet"]["path"] == f"/api/v1/health/{path}"
        assert one[probe]["httpGet"]["port"] == "http"
    [service] = [document for _, document in DOCUMENTS if document["kind"] == "Service"]
    assert {port["targetPort"] for port in service["spec"]["ports"]} == set(ports)
    assert service["spec"]["selector"] == web["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize("given", WORKERS, ids=lambda one: str(one["metadata"]["name"]))
def test_every_worker_is_probed_by_the_file_that_it_touches(given: dict[str, Any]) -> None:
    for probe in HEALTH:
        assert f"/var/lib/argosy/{ALIVE}" in container(given)[probe]["exec"]["command"][-1]
    options = understood(container(given)["args"])
    assert container(given)["ports"] == [{"name": "metrics", "containerPort": options.metrics_port}]
    assert options.metrics_host == "0.0.0.0"


def test_every_context_is_worked_off_by_one_group_of_workers() -> None:
    groups = [understood(container(one)["args"]).contexts.split(",") for one in WORKERS]
    found = sorted(label for group in groups for label in group)
    assert found == sorted(config.label for config in apps.get_app_configs() if isinstance(config, Context))


def test_every_deployment_survives_the_loss_of_a_node_and_says_so() -> None:
    deployments = {one["metadata"]["name"]: one for _, one in DOCUMENTS if one["kind"] == "Deployment"}
    budgets = {one["metadata"]["name"]: one for _, one in DOCUMENTS if one["kind"] == "PodDisruptionBudget"}
    assert set(budgets) == set(deployments)
    for name, one in deployments.items():
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["replicas"] > budgets[name]["spec"]["minAvailable"]
        assert one["spec"]["selector"]["matchLabels"] == labels
        assert budgets[name]["spec"]["selector"]["matchLabels"] == labels
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_kustomization_lists_every_file_and_names_the_version_once() -> None:
    found = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert sorted(found["resources"]) == [path.name for path in KUBERNETES]
    assert found["images"] == [{"name": "argosy", "newTag": project_version()}]
    assert {container(one)["image"] for _, one in PODS} == {"argosy"}
    [job] = [one for _, one in DOCUMENTS if one["kind"] == "Job"]
    assert job["metadata"]["name"] == f"argosy-migrate-{project_version().replace('.', '-')}"


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_all_of_it() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, check=True
    )
    built = list(yaml.safe_load_all(done.stdout))
    assert len(built) == len(DOCUMENTS)
    assert {one["metadata"]["namespace"] for one in built} == {"argosy"}


def project_version() -> str:
    found = re.search(r'^version = "([^"]+)"', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


# Compose.


def test_compose_has_every_part_and_each_starts_after_what_it_needs() -> None:
    assert set(COMPOSE["services"]) == {"postgres", "redis", "kafka", "migrate", "web", "worker"}
    for name in ("web", "worker"):
        needs = COMPOSE["services"][name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
        assert set(needs) <= set(COMPOSE["services"])
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", OURS)
def test_compose_runs_commands_of_argosy_with_settings_that_it_reads(name: str) -> None:
    one = OURS[name]
    options = understood(one["command"])
    assert set(one["environment"]) <= variables_read()
    assert one["read_only"] is True
    assert one["image"] == f"argosy:${{IMAGE_TAG:-{project_version()}}}"
    for published in one.get("ports", ()):
        assert published.split(":")[1] in {str(options.port), str(options.waits_port)}


def test_compose_names_other_images_by_version_and_has_every_volume_and_address() -> None:
    services, ours = COMPOSE["services"], COMPOSE["services"]["web"]["environment"]
    for one in services.values():
        assert ":" in one["image"] and not one["image"].endswith(":latest")
        for mount in one.get("volumes", ()):
            assert mount.split(":")[0] in COMPOSE["volumes"]
        if one is not OURS["migrate"]:
            assert "healthcheck" in one
    assert "@postgres:5432" in ours["ARGOSY_POSTGRES"]
    assert ours["ARGOSY_REDIS"] == "redis://redis:6379"
    assert ours["ARGOSY_KAFKA"] == "kafka:9092"
    assert services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://kafka:9092"


def has_compose() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not has_compose(), reason="docker compose is not installed")
def test_docker_compose_understands_it() -> None:
    subprocess.run(
        ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "POSTGRES_PASSWORD": "x", "ARGOSY_SECRET_KEY": "x"},
        check=True,
    )


# The image.


def test_the_image_is_made_from_the_lock_file_and_runs_as_nobody_in_particular() -> None:
    assert DOCKERFILE.count("\nFROM ") == 2
    assert "pip install --require-hashes -r requirements.lock" in DOCKERFILE
    assert "--no-deps --no-index ." in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert [int(user) > 0 for user in users] == [True]
    pods = [document["spec"]["template"]["spec"]["securityContext"] for _, document in PODS]
    assert {pod["runAsUser"] for pod in pods} == {int(users[0])}
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert f"install -d -o argosy -g argosy {ARCHIVE}" in last


def test_the_image_copies_what_is_there_and_starts_what_exists() -> None:
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (PROJECT / source).exists()
            assert f"!{source}" in sent
    [words] = re.findall(r"^CMD \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    options = understood(re.findall(r'"([^"]+)"', words))
    assert re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE) == [f"{options.port} {options.port + 1}"]
    assert re.findall(r'^ENTRYPOINT \["(\w+)"\]$', DOCKERFILE, re.MULTILINE) == ["argosy"]
