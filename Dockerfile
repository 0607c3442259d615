# SPDX-License-Identifier: Apache-2.0
# The command-line tool with its server, with the Swift runtime inside. Serve with:
#
#   docker build --tag arrival . && docker run --publish 8081:8081 arrival
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends libsqlite3-dev zlib1g-dev
WORKDIR /source
COPY . .
RUN swift build --configuration release --traits SQLite,Server --product arrival \
    --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
    && cp "$(swift build --configuration release --traits SQLite,Server \
    --show-bin-path)/arrival" /arrival

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libsqlite3-0 zlib1g \
    && rm -rf /var/lib/apt/lists/* && useradd --system --create-home --home-dir /data arrival
COPY --from=build /arrival /usr/local/bin/arrival
USER arrival
VOLUME /data
EXPOSE 8081
ENTRYPOINT ["arrival", "serve", "--host-port", "0.0.0.0:8081"]
CMD ["--data-dir", "/data"]
