module intertie.invalid/tools/crds

go 1.26

require (
	github.com/envoyproxy/gateway v1.6.0
	github.com/kedacore/keda/v2 v2.18.1
	sigs.k8s.io/gateway-api v1.4.0
	sigs.k8s.io/gateway-api-inference-extension v1.1.0
	sigs.k8s.io/lws v0.7.0
)
