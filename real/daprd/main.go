// A daprd with the few components that Tickler uses, for development, benchmarks and tests on a machine without
// Kubernetes: one loopback process instead of a download of every component there is. Flags, configuration and component
// files are those of the daprd that Dapr publishes. In a cluster that one runs, not this.
package main

import (
	"context"
	"fmt"
	"os"

	"go.opencensus.io/stats/view"

	"github.com/dapr/components-contrib/bindings/cron"
	"github.com/dapr/components-contrib/nameresolution/nameformat"
	"github.com/dapr/components-contrib/pubsub/kafka"
	k8ssecrets "github.com/dapr/components-contrib/secretstores/kubernetes"
	filesecrets "github.com/dapr/components-contrib/secretstores/local/file"
	postgresql "github.com/dapr/components-contrib/state/postgresql/v2"
	"github.com/dapr/dapr/cmd/daprd/options"
	"github.com/dapr/dapr/pkg/buildinfo"
	"github.com/dapr/dapr/pkg/components"
	"github.com/dapr/dapr/pkg/components/bindings"
	"github.com/dapr/dapr/pkg/components/nameresolution"
	"github.com/dapr/dapr/pkg/components/pubsub"
	"github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/healthz"
	"github.com/dapr/dapr/pkg/metrics"
	"github.com/dapr/dapr/pkg/modes"
	"github.com/dapr/dapr/pkg/runtime"
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/dapr/pkg/security"
	"github.com/dapr/kit/concurrency"
	"github.com/dapr/kit/logger"
	"github.com/dapr/kit/signals"
)

func main() {
	flags, err := options.New(os.Args[1:])
	if err == nil && flags.RuntimeVersion {
		fmt.Println(buildinfo.Version())
		return
	}
	if err == nil {
		err = run(signals.Context(), flags)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "daprd:", err)
		os.Exit(1)
	}
}

// run serves until the context ends (SIGTERM, SIGINT) or a component cannot start.
func run(ctx context.Context, flags *options.Options) error {
	flags.Logger.SetAppID(flags.AppID)
	if err := logger.ApplyOptionsToLoggers(&flags.Logger); err != nil {
		return err
	}
	health := healthz.New()
	identity, err := security.New(ctx, security.Options{
		Mode:                    modes.DaprMode(flags.Mode),
		AppID:                   flags.AppID,
		ControlPlaneTrustDomain: flags.ControlPlaneTrustDomain,
		ControlPlaneNamespace:   flags.ControlPlaneNamespace,
		SentryAddress:           flags.SentryAddress,
		MTLSEnabled:             flags.EnableMTLS,
		Healthz:                 health,
	})
	if err != nil {
		return err
	}
	serve := func(ctx context.Context) error {
		handler, err := identity.Handler(ctx)
		if err != nil {
			return err
		}
		config := sidecar(flags, health)
		config.Security = handler
		dapr, err := runtime.FromConfig(ctx, config)
		if err != nil {
			return err
		}
		return dapr.Run(ctx)
	}
	return concurrency.NewRunnerManager(identity.Run, serve).Run(ctx)
}

// sidecar is what the flags say of a sidecar that stands alone: no actors, no workflows, no control plane.
func sidecar(flags *options.Options, health healthz.Healthz) *runtime.Config {
	return &runtime.Config{
		AppID:         flags.AppID,
		Mode:          flags.Mode,
		Config:        flags.Config,
		ResourcesPath: flags.ResourcesPath,
		Registry:      known(),
		Healthz:       health,

		DaprAPIListenAddresses:        flags.DaprAPIListenAddresses,
		DaprHTTPPort:                  flags.DaprHTTPPort,
		DaprAPIGRPCPort:               flags.DaprAPIGRPCPort,
		DaprInternalGRPCPort:          flags.DaprInternalGRPCPort,
		DaprInternalGRPCListenAddress: flags.DaprInternalGRPCListenAddress,
		ProfilePort:                   flags.ProfilePort,
		AllowedOrigins:                flags.AllowedOrigins,
		EnableAPILogging:              flags.EnableAPILogging,
		MaxRequestSize:                flags.MaxRequestSize,
		ReadBufferSize:                flags.ReadBufferSize,
		DaprGracefulShutdownSeconds:   flags.DaprGracefulShutdownSeconds,
		DaprBlockShutdownDuration:     flags.DaprBlockShutdownDuration,

		ApplicationPort:        flags.AppPort,
		AppProtocol:            flags.AppProtocol,
		AppChannelAddress:      flags.AppChannelAddress,
		AppMaxConcurrency:      flags.AppMaxConcurrency,
		EnableAppHealthCheck:   flags.EnableAppHealthCheck,
		AppHealthCheckPath:     flags.AppHealthCheckPath,
		AppHealthProbeInterval: flags.AppHealthProbeInterval,
		AppHealthProbeTimeout:  flags.AppHealthProbeTimeout,
		AppHealthThreshold:     flags.AppHealthThreshold,
		DisableInitEndpoints:   flags.DisableInitEndpoints,

		// Nobody is at the other end, but their numbers are checked.
		SchedulerStreams:           flags.SchedulerJobStreams,
		ActorsDisseminationTimeout: flags.ActorsDisseminationTimeout,

		Metrics: metrics.Options{
			Enabled:       flags.Metrics.Enabled(),
			Namespace:     metrics.DefaultMetricNamespace,
			ListenAddress: flags.Metrics.ListenAddress(),
			Port:          flags.Metrics.Port(),
			Log:           logger.NewLogger("dapr.runtime.metrics"),
			Meter:         view.NewMeter(),
			Healthz:       health,
		},
	}
}

// known registers the components. What no file of Tickler's names is not here.
func known() *registry.Options {
	log := logger.NewLogger("dapr.contrib")

	events := pubsub.NewRegistry()
	events.Logger = log
	events.RegisterComponent(kafka.NewKafka, "kafka")

	states := state.NewRegistry()
	states.Logger = log
	states.RegisterComponentWithVersions("postgresql", components.Versioning{
		Preferred: components.VersionConstructor{Version: "v2", Constructor: postgresql.NewPostgreSQLStateStore},
		Default:   "v2",
	})

	clocks := bindings.NewRegistry()
	clocks.Logger = log
	clocks.RegisterInputBinding(cron.NewCron, "cron")

	secrets := secretstores.NewRegistry()
	secrets.Logger = log
	secrets.RegisterComponent(filesecrets.NewLocalSecretStore, "local.file")
	secrets.RegisterComponent(k8ssecrets.NewKubernetesSecretStore, "kubernetes")

	names := nameresolution.NewRegistry()
	names.Logger = log
	names.RegisterComponent(nameformat.NewResolver, "nameformat")

	return registry.NewOptions().
		WithPubSubs(events).
		WithStateStores(states).
		WithBindings(clocks).
		WithSecretStores(secrets).
		WithNameResolutions(names)
}
