# A static binary in an empty image, run by nobody.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /frony-db ./cmd/frony-db && mkdir /data

FROM scratch
COPY --from=build /frony-db /frony-db
COPY --from=build --chown=65534:65534 /data /data
USER 65534:65534
VOLUME /data
ENV FRONYDB_DB=/data
ENTRYPOINT ["/frony-db"]
CMD ["--help"]
