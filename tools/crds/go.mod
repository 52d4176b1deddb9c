module intertie.invalid/tools/crds

go 1.26.7

require (
	github.com/cert-manager/cert-manager v1.20.2
	github.com/envoyproxy/gateway v1.9.1
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kedacore/keda/v2 v2.20.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.1
	sigs.k8s.io/gateway-api-inference-extension v1.5.0
	sigs.k8s.io/lws v0.7.0
	sigs.k8s.io/node-feature-discovery v0.18.3
)
