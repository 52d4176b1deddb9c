"""Images through Artifact Registry: remote repositories, tokens, and who reads them."""

from intertie.graph import check
from support.building import Built
from support.caches import built, references

REPOSITORY = "gcp:artifactregistry/repository:Repository"
SECRET = "gcp:secretmanager/secret:Secret"
READER = "gcp:secretmanager/secretIamMember:SecretIamMember"
NODE_POOL = "gcp:container/nodePool:NodePool"


def gcp() -> Built:
    return built("gcp")


def test_the_graph_is_spelt_right() -> None:
    assert [str(finding) for finding in check(gcp().graph)] == []


def test_each_upstream_has_a_remote_repository_in_the_placements_region() -> None:
    found = {each.inputs["repositoryId"]: each.inputs for each in gcp().graph.of_type(REPOSITORY)}
    assert set(found) == {f"chat-here-{name}" for name in ("docker", "ghcr", "quay", "nvcr", "k8s")}
    assert {each["mode"] for each in found.values()} == {"REMOTE_REPOSITORY"}
    assert {each["format"] for each in found.values()} == {"DOCKER"}
    assert {each["location"] for each in found.values()} == {"europe-west4"}
    assert found["chat-here-ghcr"]["labels"]["cost_center"] == "ml-4711"


def test_docker_hub_is_a_preset_and_others_are_asked_by_their_address() -> None:
    hub = gcp().inputs(REPOSITORY, "cache-docker")["remoteRepositoryConfig"]
    other = gcp().inputs(REPOSITORY, "cache-nvcr")["remoteRepositoryConfig"]
    assert hub["dockerRepository"] == {"publicRepository": "DOCKER_HUB"}
    assert other["commonRepository"] == {"uri": "https://nvcr.io"}


def test_an_upstream_is_asked_with_the_newest_token_in_its_secret() -> None:
    repository = gcp().one(REPOSITORY, "cache-ghcr")
    given = repository.inputs["remoteRepositoryConfig"]["upstreamCredentials"]["usernamePasswordCredentials"]
    assert given["username"] == "acme-bot"
    assert "here-secret-github" in references(repository, "remoteRepositoryConfig")
    assert repository.inputs["remoteRepositoryConfig"]["disableUpstreamValidation"] is True
    assert "upstreamCredentials" not in gcp().inputs(REPOSITORY, "cache-quay")["remoteRepositoryConfig"]


def test_the_registrys_own_agent_alone_reads_each_token_before_it_is_asked_for() -> None:
    agent = gcp().one("gcp:projects/serviceIdentity:ServiceIdentity", "image-cache-agent")
    assert agent.inputs["service"] == "artifactregistry.googleapis.com"
    for name, secret in (("docker", "docker-hub"), ("ghcr", "github")):
        reader = gcp().one(READER, f"cache-{name}-token-reader")
        assert reader.inputs["role"] == "roles/secretmanager.secretAccessor"
        assert references(reader, "member") == {"here-image-cache-agent"}
        assert reader.inputs["secretId"] == f"chat-here-{secret}"
        assert reader.name in gcp().before(gcp().one(REPOSITORY, f"cache-{name}"))


def test_what_is_old_leaves_the_cache() -> None:
    repository = gcp().inputs(REPOSITORY, "cache-ghcr")
    (policy,) = repository["cleanupPolicies"]
    assert (policy["action"], policy["condition"]) == ("DELETE", {"olderThan": "7776000s"})
    assert repository["cleanupPolicyDryRun"] is False


def test_caches_are_there_before_the_first_node_which_may_read_them() -> None:
    for pool in gcp().graph.of_type(NODE_POOL):
        assert {"here-cache-docker", "here-cache-ghcr", "here-nodes-images"} <= gcp().before(pool)
    role = gcp().inputs("gcp:projects/iAMMember:IAMMember", "nodes-images")["role"]
    assert role == "roles/artifactregistry.reader"


def test_a_cold_placement_has_places_for_the_tokens_and_no_cache_yet() -> None:
    cold = built("gcp", "cold").graph
    assert {each.inputs["secretId"] for each in cold.of_type(SECRET)} >= {"chat-here-docker-hub", "chat-here-github"}
    assert not cold.of_type(REPOSITORY)
