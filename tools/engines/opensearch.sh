#!/usr/bin/env bash
# Starts OpenSearch with its k-NN plugin, and runs a command with FRONYDB_TEST_OPENSEARCH
# set to its URL: the tests of engine/opensearch, or the arguments. NODES=3 starts a
# cluster of three. It needs Java 17 or newer and Maven, listens on 127.0.0.1 only, and
# leaves nothing behind but CACHE.
#
# The server comes from Maven Central in parts: its library, the modules that it cannot
# do without, and the plugin. The modules' descriptors are in no artifact, so they are
# written here.
#
# JAVA_OPTS are the nodes' own: -XX:TieredStopAtLevel=1 makes them start sooner.
#
# For tests that kill nodes, FRONYDB_TEST_OPENSEARCH_NODES names a folder: its files
# node1, node2, … are scripts that start a node and become it, and node1.pid, … hold the
# process that runs. node1.url, … are the nodes' URLs.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=2.19.6
plugin=2.19.6.0
cache=${CACHE:-$PWD/.cache/engines}
nodes=${NODES:-1}
heap=${HEAP:-512m}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
home=$cache/opensearch-$version

for program in "$java" mvn python3; do
	command -v "$program" >/dev/null || { echo "$0 needs $program: Java 17 or newer and Maven (Debian: default-jre-headless maven)" >&2; exit 1; }
done

# copy GROUP:ARTIFACT:VERSION FOLDER… copies the artifacts with all that they depend on.
copy() {
	local folder=$1 project
	shift
	project=$(mktemp -d)
	{
		echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
		echo '<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>'
		local a g n v
		for a in "$@"; do
			IFS=: read -r g n v <<<"$a"
			echo "<dependency><groupId>$g</groupId><artifactId>$n</artifactId><version>$v</version></dependency>"
		done
		echo '</dependencies></project>'
	} >"$project/pom.xml"
	mvn --quiet --batch-mode -Dstyle.color=never -f "$project/pom.xml" -Dmaven.repo.local="$cache/m2" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder"
	rm -rf "$project"
}

# module NAME CLASS ARTIFACT makes a module; its policy is read from standard input. What
# the server's library has already is left out: it refuses the same class twice.
module() {
	local name=$1 class=$2 artifact=$3 folder=$staged/modules/$1 jar
	copy "$folder" "$artifact:$version"
	for jar in "$folder"/*.jar; do
		[ ! -e "$staged/lib/$(basename "$jar")" ] || rm "$jar"
	done
	cat >"$folder/plugin-descriptor.properties" <<-P
		name=$name
		description=$name
		classname=$class
		version=$version
		opensearch.version=$version
		java.version=11
		has.native.controller=false
	P
	cat >"$folder/plugin-security.policy"
}

if ! [ -e "$home" ]; then
	echo "fetching OpenSearch $version from Maven Central into $cache" >&2
	staged=$(mktemp -d "$cache.XXXXXX" 2>/dev/null || { mkdir -p "$cache" && mktemp -d "$cache.XXXXXX"; })
	trap 'rm -rf "$staged"' EXIT
	mkdir -p "$cache" "$staged/bin" "$staged/modules" "$staged/plugins/opensearch-knn"
	copy "$staged/lib" "org.opensearch:opensearch:$version" "org.opensearch:opensearch-plugin-classloader:$version" net.java.dev.jna:jna:5.13.0 org.apache.logging.log4j:log4j-core:2.25.4 \
		org.locationtech.spatial4j:spatial4j:0.7 org.locationtech.jts:jts-core:1.15.0
	module transport-netty4 org.opensearch.transport.Netty4Plugin org.opensearch.plugin:transport-netty4-client <<-P
		grant {
		  permission java.net.SocketPermission "*", "accept,connect,listen,resolve";
		  permission java.lang.RuntimePermission "getClassLoader";
		  permission java.lang.RuntimePermission "accessDeclaredMembers";
		  permission java.lang.reflect.ReflectPermission "suppressAccessChecks";
		};
	P
	module lang-painless org.opensearch.painless.PainlessPlugin org.opensearch.plugin:lang-painless <<-P
		grant {
		  permission java.lang.RuntimePermission "createClassLoader";
		  permission java.lang.RuntimePermission "getClassLoader";
		  permission org.opensearch.script.ClassPermission "<<STANDARD>>";
		};
	P
	mvn --quiet --batch-mode -Dstyle.color=never -Dmaven.repo.local="$cache/m2" dependency:get -Dtransitive=false -Dartifact="org.opensearch.plugin:opensearch-knn:$plugin:zip"
	python3 -m zipfile -e "$cache/m2/org/opensearch/plugin/opensearch-knn/$plugin/opensearch-knn-$plugin.zip" "$staged/plugins/opensearch-knn"
	chmod -R a+rX "$staged"
	mv "$staged" "$home"
	trap - EXIT
	rm -rf "$cache/m2"
	echo "OpenSearch $version: $(du -sh "$home" | cut -f1) in $home" >&2
fi

data=$(mktemp -d "${TMPDIR:-/tmp}/frony-opensearch.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then # OpenSearch refuses to run as root
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	chmod 711 "$data"
fi
stop() {
	local i pid
	for i in $(seq "$nodes"); do
		[ -e "$data/node$i.pid" ] || continue
		pid=$(cat "$data/node$i.pid")
		kill -CONT "$pid" 2>/dev/null || true
		kill -TERM "$pid" 2>/dev/null || true
	done
	for i in $(seq "$nodes"); do
		[ -e "$data/node$i.pid" ] || continue
		pid=$(cat "$data/node$i.pid")
		for _ in $(seq 100); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$data"
}
trap stop EXIT

# Ports that nothing listens on: an HTTP and a transport port for each node.
mapfile -t ports < <(python3 -c '
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2 * int(sys.argv[1]))]
print("\n".join(str(s.getsockname()[1]) for s in held))' "$nodes")
seeds= names=
for i in $(seq "$nodes"); do
	seeds+=",\"127.0.0.1:${ports[2 * i - 1]}\""
	names+=",\"node$i\""
done
for i in $(seq "$nodes"); do
	n=$data/n$i
	mkdir -p "$n"/{config,data,logs,tmp}
	cat >"$n/config/opensearch.yml" <<-Y
		cluster.name: frony-test
		node.name: node$i
		path.data: $n/data
		path.logs: $n/logs
		network.host: 127.0.0.1
		http.port: ${ports[2 * i - 2]}
		transport.port: ${ports[2 * i - 1]}
		discovery.seed_hosts: [${seeds#,}]
		cluster.initial_cluster_manager_nodes: [${names#,}]
		cluster.routing.allocation.disk.threshold_enabled: false
		bootstrap.system_call_filter: false
		# Nodes that die are missed within seconds.
		cluster.fault_detection.leader_check.timeout: ${FAULT_TIMEOUT:-10s}
		cluster.fault_detection.follower_check.timeout: ${FAULT_TIMEOUT:-10s}
	Y
	cat >"$n/config/log4j2.properties" <<-L
		status = error
		appender.console.type = Console
		appender.console.name = console
		appender.console.layout.type = PatternLayout
		appender.console.layout.pattern = [%d{ISO8601}][%p][%c{1.}] %m%n
		rootLogger.level = ${LOG_LEVEL:-warn}
		rootLogger.appenderRef.console.ref = console
	L
	: >"$n/config/jvm.options"
	cat >"$data/node$i" <<-S
		#!/bin/sh
		cd "$n" && exec ${as[*]} env -i PATH="$PATH" HOME="$n" $java -Xms$heap -Xmx$heap -XX:+UseSerialGC ${JAVA_OPTS-} \\
			-Djava.io.tmpdir="$n/tmp" -Dopensearch.path.home="$home" -Dopensearch.path.conf="$n/config" -Dopensearch.distribution.type=tar \\
			-Dlog4j2.formatMsgNoLookups=true -Djna.nosys=true -Djava.security.manager=allow \\
			--add-opens=java.base/java.io=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \\
			-cp "$home/lib/*" org.opensearch.bootstrap.OpenSearch >>"$n/log" 2>&1
	S
	chmod 755 "$data/node$i"
	echo "http://127.0.0.1:${ports[2 * i - 2]}" >"$data/node$i.url"
	[ "$(id -u)" != 0 ] || chown -R nobody "$n"
	"$data/node$i" &
	echo $! >"$data/node$i.pid"
done
url=http://127.0.0.1:${ports[0]}
ready=
for _ in $(seq 600); do
	if python3 -c '
import json, sys, urllib.request
h = json.load(urllib.request.urlopen(sys.argv[1] + "/_cluster/health", timeout=5))
sys.exit(h["status"] != "green" or h["number_of_nodes"] != int(sys.argv[2]))' "$url" "$nodes" 2>/dev/null; then
		ready=yes
		break
	fi
	for i in $(seq "$nodes"); do
		kill -0 "$(cat "$data/node$i.pid")" 2>/dev/null || { cat "$data/n$i/log" >&2; exit 1; }
	done
	sleep 0.2
done
[ -n "$ready" ] || { tail -n 50 "$data"/n*/log >&2; exit 1; }

hosts=
for i in $(seq "$nodes"); do
	hosts+=",127.0.0.1:${ports[2 * i - 2]}"
done
export FRONYDB_TEST_OPENSEARCH="opensearch://${hosts#,}"
export FRONYDB_TEST_OPENSEARCH_NODES=$data
if [ $# = 0 ]; then
	set -- sh -c 'go test -count=1 -timeout 40m ./engine/opensearch && go test -count=1 ./cmd/frony-db -run TestServeOpenSearch'
fi
code=0
"$@" || code=$?
[ "$code" = 0 ] || tail -n 20 "$data"/n*/log >&2
exit "$code"
