#!/usr/bin/env bash
# Records the real captures of this folder: real programs talk in network namespaces of this machine,
# tcpdump listens, and what the programs themselves say they sent and received is the truth that
# expected.json is made from (generator/expect-recorded.js). Touches no network but its own.
#   sudo samples/record.sh [OUT]       OUT (default: a temporary folder) gets a folder for each case
# Needs: tcpdump, tshark, nginx, curl, openssl, iproute2, ethtool, node.
set -euo pipefail
here=$(dirname "$(realpath "$0")"); out=$(realpath -m "${1:-$(mktemp -d)}"); work=$(mktemp -d)
near=client$$ far=server$$ port=52000
finish() {
  [[ -f $work/nginx.pid ]] && kill "$(cat "$work/nginx.pid")" 2>/dev/null
  ip netns del $near 2>/dev/null; ip netns del $far 2>/dev/null; rm -rf "$work"
}
trap finish EXIT

# --- two hosts and a cable ---
ip netns add $near; ip netns add $far
ip link add eth0 netns $near type veth peer name eth0 netns $far
for host in $near $far; do
  ip -n $host link set lo up; ip -n $host link set eth0 up
  # packets as they would be on a wire: no segmentation offload, checksums computed
  ip netns exec $host ethtool -K eth0 tso off gso off gro off tx off >/dev/null
done
ip -n $near addr add 192.0.2.1/24 dev eth0; ip -n $far addr add 192.0.2.80/24 dev eth0
ip -n $near addr add 2001:db8::1/64 dev eth0 nodad; ip -n $far addr add 2001:db8::80/64 dev eth0 nodad

# --- a web server ---
mkdir -p "$work/www"; chmod 755 "$work" "$work/www"
seq -f 'line %07g of a text that was served by nginx' 1 400 >"$work/www/text.txt"
head -c 30000 /dev/urandom >"$work/www/random.bin"
head -c 150000 /dev/urandom >"$work/www/download.bin"
cat >"$work/nginx.conf" <<CONF
worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
events {}
http { access_log off; sendfile on;
  server { listen 192.0.2.80:80; listen [2001:db8::80]:80; root $work/www;
    location /slow/ { alias $work/www/; limit_rate 100k; } } }
CONF
ip netns exec $far nginx -c "$work/nginx.conf"; sleep 1

# listen HOST FILE [OPTION...]: starts tcpdump there; stop_listening ends it
listen() {
  local host=$1 file=$2; shift 2
  ip netns exec "$host" tcpdump -i eth0 -Z root -w "$file" "$@" tcp 2>"$work/tcpdump.log" & dump=$!
  until grep -q "listening on" "$work/tcpdump.log"; do sleep 0.1; done; sleep 0.5
}
stop_listening() { sleep 1; kill -INT $dump; wait $dump || true; tail -3 "$work/tcpdump.log"; }
# get NAME URL...: one connection; curl writes down what it sends and receives
get() {
  local name=$1; shift
  ip netns exec $near curl -s --local-port $((++port)) --trace "$work/$name.trace" "${@/#/http://}" \
    $(printf -- '-o /dev/null %.0s' "$@")
}
expect() { node "$here/generator/expect-recorded.js" "$@"; }
begin() { echo "== $1"; mkdir -p "$out/$1"; cd "$out/$1"; }

begin http-ipv4
listen $far http-ipv4.pcap
get one 192.0.2.80/text.txt 192.0.2.80/random.bin
get two 192.0.2.80/missing
stop_listening
expect http-ipv4.pcap curl "$work/one.trace" "$work/two.trace" >expected.json

begin http-ipv6
listen $near http-ipv6.pcap --time-stamp-precision=nano
get six '[2001:db8::80]/random.bin' '[2001:db8::80]/text.txt'
stop_listening
expect http-ipv6.pcap curl "$work/six.trace" >expected.json

begin tls
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=example.test -keyout "$work/key.pem" \
  -out "$work/certificate.pem" 2>/dev/null
listen $far tls.pcap -i any
# the server sends what comes on its standard input; the client writes down all that it reads and
# writes, line by line, with the text in between
(seq -f 'line %03g of a text that nobody can read' 1 150; sleep 5) |
  ip netns exec $far openssl s_server -accept 192.0.2.80:443 -key "$work/key.pem" \
    -cert "$work/certificate.pem" -naccept 1 >/dev/null 2>&1 & server=$!
sleep 0.5
sleep 2 | ip netns exec $near stdbuf -oL openssl s_client -connect 192.0.2.80:443 -debug \
  >"$work/tls.trace" 2>/dev/null || true
wait $server || true
stop_listening
expect tls.pcap openssl "$work/tls.trace" >expected.json

begin capture-drops
# listening on a small ring (-B, in KiB), and stopped for a while as a busy machine would stop it
listen $far capture-drops.pcap --immediate-mode -s 1600 -B 64
get slow 192.0.2.80/slow/download.bin & client=$!; port=$((port + 1))
sleep 0.6; kill -STOP $dump; sleep 0.4; kill -CONT $dump
wait $client
stop_listening
expect capture-drops.pcap curl "$work/slow.trace" >expected.json

begin lossy-download
# a link with two ways of different speed: every eighth packet takes the slow one, which has a short
# queue, so that packets overtake each other and some are lost (tc netem does it more simply, where
# the kernel has it)
tc="ip netns exec $far tc"
$tc qdisc add dev eth0 root handle 1: htb default 10
$tc class add dev eth0 parent 1: classid 1:10 htb rate 16mbit
$tc class add dev eth0 parent 1: classid 1:20 htb rate 1500kbit burst 1600 cburst 1600
$tc qdisc add dev eth0 parent 1:20 bfifo limit 3200
$tc filter add dev eth0 parent 1: protocol ip u32 match u16 0x0007 0x0007 at 4 flowid 1:20
ip -n $far link set eth0 gso_max_segs 1
listen $near lossy-download.pcap
get lossy 192.0.2.80/download.bin
stop_listening
$tc -s qdisc show dev eth0 | grep -A2 bfifo
expect lossy-download.pcap curl "$work/lossy.trace" >expected.json

chown -R --reference="$here" "$out"; du -sb "$out"/*; echo "recorded in $out"
