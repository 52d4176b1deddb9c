"""Images through a container registry on Azure: rules, tokens in a vault of their own, and who pulls."""

import pytest

from intertie.graph import check
from intertie.plan.secrets import vault_name
from support.building import Built, build
from support.caches import built, references, with_caches

REGISTRY = "azure-native:containerregistry:Registry"
RULE = "azure-native:containerregistry:CacheRule"
TOKEN = "azure-native:containerregistry:CredentialSet"
VAULT = "azure-native:keyvault:Vault"
GRANT = "azure-native:authorization:RoleAssignment"


def azure() -> Built:
    return built("azure")


def test_the_graph_is_spelt_right() -> None:
    assert [str(finding) for finding in check(azure().graph)] == []


@pytest.mark.parametrize("name", ["docker", "ghcr", "quay", "nvcr", "k8s"])
def test_each_upstream_has_a_rule_for_all_of_its_repositories(name: str) -> None:
    rule = azure().inputs(RULE, f"cache-{name}")
    assert rule["targetRepository"] == f"{name}/*"
    assert rule["sourceRepository"].endswith("/*")
    assert 5 <= len(rule["cacheRuleName"]) <= 50
    assert azure().inputs(RULE, "cache-docker")["sourceRepository"] == "docker.io/*"


@pytest.mark.parametrize(("name", "asked"), [("docker", True), ("ghcr", True), ("quay", False)])
def test_an_upstream_is_asked_with_its_credential_set(name: str, asked: bool) -> None:
    rule = azure().one(RULE, f"cache-{name}")
    assert references(rule, "credentialSetResourceId") == ({f"here-cache-{name}-token"} if asked else set())


def test_a_credential_set_is_of_its_upstream_and_takes_both_secrets_from_the_vault() -> None:
    token = azure().one(TOKEN, "cache-ghcr-token")
    assert token.inputs["loginServer"] == "ghcr.io"
    assert token.inputs["identity"] == {"type": "SystemAssigned"}
    (given,) = token.inputs["authCredentials"]
    assert set(given) == {"name", "usernameSecretIdentifier", "passwordSecretIdentifier"}
    assert references(token, "authCredentials") == {"here-image-tokens"}


def test_tokens_lie_in_a_vault_that_pods_do_not_read() -> None:
    vault = azure().inputs(VAULT, "image-tokens")
    assert vault["vaultName"] == vault_name(with_caches("azure"), "images") != vault_name(with_caches("azure"))
    assert vault["properties"]["enableRbacAuthorization"] is True
    grants = [each for each in azure().graph.of_type(GRANT) if "here-image-tokens" in references(each, "scope")]
    readers = {name for each in grants for name in references(each, "principalId")}
    assert readers == {"here-cache-docker-token", "here-cache-ghcr-token"}


def test_a_rule_waits_for_the_right_to_its_token() -> None:
    assert "here-grant-cache-ghcr-token" in azure().before(azure().one(RULE, "cache-ghcr"))


def test_nodes_alone_pull_and_with_their_own_identity_before_the_cluster() -> None:
    registry = azure().inputs(REGISTRY, "images")
    assert (registry["adminUserEnabled"], registry["anonymousPullEnabled"]) == (False, False)
    pull = azure().one(GRANT, "grant-images")
    assert references(pull, "principalId") == {"here-kubelet"}
    assert references(pull, "scope") == {"here-images"}
    (cluster,) = azure().graph.of_type("azure-native:containerservice:ManagedCluster")
    assert "here-grant-images" in azure().before(cluster)


def test_the_registry_answers_inside_of_the_network_under_its_own_name() -> None:
    endpoint = azure().one("azure-native:network:PrivateEndpoint", "images-endpoint")
    (connection,) = endpoint.inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["registry"]
    assert azure().inputs("azure-native:privatedns:PrivateZone", "images-zone")["privateZoneName"] == (
        "privatelink.azurecr.io"
    )
    assert azure().inputs(REGISTRY, "images")["sku"] == {"name": "Premium"}


def test_without_private_endpoints_a_lower_tier_of_the_registry_does() -> None:
    made = build(with_caches("azure", ["quay.io"], network={"endpoints": False}))
    assert made.inputs(REGISTRY, "images")["sku"] == {"name": "Standard"}
    assert not made.graph.of_type("azure-native:network:PrivateEndpoint")
    assert not [each for each in made.graph.of_type(VAULT) if each.name == "here-image-tokens"]


def test_a_cold_placement_has_a_place_for_the_tokens_and_no_cache_yet() -> None:
    cold = built("azure", "cold").graph
    assert [each.name for each in cold.of_type(VAULT) if each.name == "here-image-tokens"]
    assert not cold.of_type(REGISTRY)
