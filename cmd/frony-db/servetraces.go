package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// traces sends spans as OpenTelemetry's environment variables say. If they ask for
// none, tracer is nil. end sends the remaining spans.
func (a *app) traces(ctx context.Context) (tracer trace.TracerProvider, end func(), err error) {
	var opts []sdktrace.TracerProviderOption
	for _, kind := range tracesExporters() {
		var e sdktrace.SpanExporter
		switch kind {
		case "otlp":
			c, fault := newOTLP()
			if fault != nil {
				return nil, nil, usage.Wrap(fault)
			}
			e, err = otlptrace.New(ctx, c)
		case "console":
			e, err = stdouttrace.New(stdouttrace.WithWriter(a.out))
		default:
			return nil, nil, usage.Errorf("OTEL_TRACES_EXPORTER is %q: want otlp, console or none", kind)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("traces: %w", err)
		}
		opts = append(opts, sdktrace.WithBatcher(e))
	}
	if opts == nil {
		return nil, func() {}, nil
	}
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "frony-db"), attribute.String("service.version", buildVersion())),
		resource.WithFromEnv()) // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override
	if err != nil {
		return nil, nil, usage.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.log.Warn("traces", "err", err) }))
	p := sdktrace.NewTracerProvider(append(opts, sdktrace.WithResource(about))...)
	return p, func() {
		// The context that serve ran in has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			a.log.Warn("some traces were not sent", "err", err)
		}
	}, nil
}

// tracesExporters are the exporters that the environment asks for. The specification
// defaults to otlp. Here otlp also needs an endpoint: a server must not send data
// unless it is told to.
func tracesExporters() []string {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil
	}
	kinds := os.Getenv("OTEL_TRACES_EXPORTER")
	if _, endpoint := otlpEnv("ENDPOINT"); kinds == "" && endpoint != "" {
		kinds = "otlp"
	}
	var list []string
	for kind := range strings.SplitSeq(kinds, ",") {
		if kind = strings.ToLower(strings.TrimSpace(kind)); kind != "" && kind != "none" {
			list = append(list, kind)
		}
	}
	return list
}
