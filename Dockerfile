# syntax=docker/dockerfile:1
# One static binary in an image without a shell. Build: docker build --build-arg VERSION=1.2.3 -t kaituan .

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
# No C: the SQLite that is linked is written in Go. Version control is not in the build context.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X kaituan/infrastructure/observe.version=$VERSION" -o /out/kaituan . \
    && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/kaituan /kaituan
# A new volume takes its owner from here.
COPY --from=build --chown=nonroot:nonroot /out/data /data
VOLUME /data
# 8080 is for everybody; 8081 (health, metrics, profiles) is for operators and is not to be published.
EXPOSE 8080 8081
ENTRYPOINT ["/kaituan"]
CMD ["serve", "--data", "/data", "--listen", ":8080", "--private-listen", ":8081"]
