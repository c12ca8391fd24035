# A static binary, as a user without rights, on an empty image.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /frony-db ./cmd/frony-db && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /frony-db /frony-db
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 7700
ENV FRONYDB_DB=/data FRONYDB_ADDR=0.0.0.0:7700 FRONYDB_LOG_FORMAT=json
# Another address than loopback needs a key: set FRONYDB_ADMIN_KEY, or mount a
# file of keys and name it with FRONYDB_KEYS.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["/frony-db", "serve", "health"]
ENTRYPOINT ["/frony-db"]
CMD ["serve"]
