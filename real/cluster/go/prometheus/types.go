//go:build tools

// Package prometheus pins the types from which controller-gen writes the definitions of the Prometheus operator.
package prometheus

import _ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
