"""The gateways that are compared: how each is found, configured equally, started and measured.

Every peer has one worker, no access log, keep-alive on both legs, and three paths:
/h1 to an HTTP/1.1 upstream, /h2 to an HTTP/2 upstream, /wasm/NAME to the HTTP/1.1 upstream through a
Wasm plugin that adds one header.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    """Returns a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def replace_part(path, mark, report):
    """Replaces what stands between the two marks of a file, and keeps the rest."""
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    text = path.read_text() if path.exists() else f"# Performance\n\n{begin}\n{end}\n"
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    path.write_text(f"{head}{begin}\n{report}\n{end}{tail}")


def find(name, *folders):
    """Returns the path of a program, looking in the project's own .peers folder too, or None."""
    for folder in folders:
        hits = sorted(pathlib.Path(folder).glob(name)) if pathlib.Path(folder).is_dir() else []
        if hits:
            return str(hits[0])
    return shutil.which(name.split("/")[-1])


def descendants(pid):
    """Returns a process and all its children, by their ids."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                children = pathlib.Path(f"/proc/{one}/task/{task}/children").read_text()
                todo.extend(int(child) for child in children.split())
        except OSError:
            pass
    return found


class Process:
    """A running program whose CPU time and memory are read from /proc."""

    def __init__(self, command, log, env=None):
        self.log = log
        with open(log, "wb") as out:
            self.handle = subprocess.Popen(
                command, stdout=out, stderr=out, env={**os.environ, **(env or {})}
            )

    def await_port(self, port, seconds=60):
        """Blocks until the program listens; a program that ends before is an error with its log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.handle.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"did not listen on {port}:\n{pathlib.Path(self.log).read_text()[-2000:]}")

    def cpu(self):
        """Returns (user, system) seconds used so far by the program and its children."""
        user = system = 0
        for pid in descendants(self.handle.pid):
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            user += int(fields[11])
            system += int(fields[12])
        return user / CLOCK_TICKS, system / CLOCK_TICKS

    def memory(self):
        """Returns resident megabytes."""
        total = 0
        for pid in descendants(self.handle.pid):
            try:
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        total += int(line.split()[1])
            except OSError:
                continue
        return total // 1024

    def stop(self):
        """Ends the program."""
        self.handle.terminate()
        try:
            self.handle.wait(15)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            self.handle.wait()


class Upstream:
    """nginx that answers 12 bytes, over HTTP/1.1 on one port and HTTP/2 on another."""

    def __init__(self, folder):
        self.h1, self.h2 = free_port(), free_port()
        config = folder / "upstream.conf"
        config.write_text(f"""
worker_processes 1; daemon off; pid {folder}/upstream.pid; error_log {folder}/upstream.err;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/up_body; proxy_temp_path {folder}/up_proxy;
  fastcgi_temp_path {folder}/up_f; uwsgi_temp_path {folder}/up_u; scgi_temp_path {folder}/up_s;
  http2_max_concurrent_streams 512;
  server {{ listen 127.0.0.1:{self.h1}; location / {{ return 200 "hello world\\n"; }} }}
  server {{ listen 127.0.0.1:{self.h2} http2; location / {{ return 200 "hello world\\n"; }} }}
}}
""")
        self.process = Process([shutil.which("nginx"), "-c", str(config)], folder / "upstream.log")
        self.process.await_port(self.h1)

    def stop(self):
        self.process.stop()


class Peer:
    """One gateway. `port` serves all paths that it can.

    `wasm` has (name, file, configuration as JSON) of each plugin that is compared."""

    name = "?"
    can = ("h1h1", "h2h1", "h2h2")

    def __init__(self, folder, upstream, wasm):
        self.folder, self.upstream, self.wasm = folder, upstream, wasm
        self.wasm_ports = {}
        self.port = free_port()
        self.process = None

    def does(self, pairing):
        return pairing.split(":")[0] in self.can

    def url(self, pairing):
        path = {"h1h1": "h1", "h2h1": "h1", "h2h2": "h2"}.get(pairing, pairing.replace(":", "/"))
        return f"http://127.0.0.1:{self.port}/{path}/x"


class Nginx(Peer):
    name = "nginx"
    can = ("h1h1", "h2h1")

    @staticmethod
    def program():
        return shutil.which("nginx")

    def start(self):
        # One cleartext port speaks either protocol in nginx 1.22, so there are two.
        self.h2_port = free_port()
        config = self.folder / "nginx.conf"
        config.write_text(f"""
worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  http2_max_concurrent_streams 512;
  client_body_temp_path {self.folder}/n_body; proxy_temp_path {self.folder}/n_proxy;
  fastcgi_temp_path {self.folder}/n_f; uwsgi_temp_path {self.folder}/n_u; scgi_temp_path {self.folder}/n_s;
  upstream up {{ server 127.0.0.1:{self.upstream.h1}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{self.port}; listen 127.0.0.1:{self.h2_port} http2;
    location /h1 {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
""")
        self.process = Process([self.program(), "-c", str(config)], self.folder / "nginx.log")
        self.process.await_port(self.port)

    def url(self, pairing):
        port = self.h2_port if pairing.startswith("h2") else self.port
        return f"http://127.0.0.1:{port}/h1/x"


class HAProxy(Peer):
    name = "HAProxy"

    @staticmethod
    def program():
        return shutil.which("haproxy") or find("haproxy", "/usr/sbin")

    def start(self):
        self.h2_port = free_port()
        config = self.folder / "haproxy.cfg"
        config.write_text(f"""
global
  nbthread 1
  maxconn 8192
  tune.h2.max-concurrent-streams 512
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
frontend h1
  bind 127.0.0.1:{self.port}
  use_backend h2up if {{ path_beg /h2 }}
  default_backend h1up
frontend h2
  bind 127.0.0.1:{self.h2_port} proto h2
  use_backend h2up if {{ path_beg /h2 }}
  default_backend h1up
backend h1up
  server s 127.0.0.1:{self.upstream.h1}
backend h2up
  server s 127.0.0.1:{self.upstream.h2} proto h2
""")
        self.process = Process([self.program(), "-f", str(config)], self.folder / "haproxy.log")
        self.process.await_port(self.port)

    def url(self, pairing):
        port = self.h2_port if pairing.startswith("h2") else self.port
        return f"http://127.0.0.1:{port}/{'h2' if pairing == 'h2h2' else 'h1'}/x"


ENVOY_ROUTER = {
    "name": "envoy.filters.http.router",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
    },
}


class Envoy(Peer):
    name = "Envoy"
    can = ("h1h1", "h2h1", "h2h2", "wasm")

    @staticmethod
    def program():
        return find("**/site-packages/envoy/_bin/envoy", REPOSITORY / ".peers") or os.environ.get(
            "ENVOY"
        )

    def listener(self, name, port, filters):
        return {
            "name": name,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [
                {
                    "filters": [
                        {
                            "name": "envoy.filters.network.http_connection_manager",
                            "typed_config": {
                                "@type": "type.googleapis.com/envoy.extensions.filters.network."
                                "http_connection_manager.v3.HttpConnectionManager",
                                "stat_prefix": name,
                                "codec_type": "AUTO",
                                "route_config": {
                                    "virtual_hosts": [
                                        {
                                            "name": "all",
                                            "domains": ["*"],
                                            "routes": [
                                                {
                                                    "match": {"prefix": "/h2"},
                                                    "route": {"cluster": "h2"},
                                                },
                                                {
                                                    "match": {"prefix": "/"},
                                                    "route": {"cluster": "h1"},
                                                },
                                            ],
                                        }
                                    ]
                                },
                                "http_filters": filters + [ENVOY_ROUTER],
                            },
                        }
                    ]
                }
            ],
        }

    def cluster(self, name, port, http2):
        protocol = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": {}}
        limit = {"max_connections": 4096, "max_pending_requests": 8192, "max_requests": 8192}
        return {
            "name": name,
            "type": "STATIC",
            "circuit_breakers": {"thresholds": [limit]},
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3."
                    "HttpProtocolOptions",
                    "explicit_http_config": protocol,
                }
            },
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [
                    {
                        "lb_endpoints": [
                            {
                                "endpoint": {
                                    "address": {
                                        "socket_address": {
                                            "address": "127.0.0.1",
                                            "port_value": port,
                                        }
                                    }
                                }
                            }
                        ]
                    }
                ],
            },
        }

    def start(self):
        listeners = [self.listener("plain", self.port, [])]
        for name, file, configuration in self.wasm:
            self.wasm_ports[f"wasm:{name}"] = port = free_port()
            listeners.append(self.listener(name, port, [self.wasm_filter(name, file, configuration)]))
        config = self.folder / "envoy.json"
        config.write_text(
            json.dumps(
                {
                    "static_resources": {
                        "listeners": listeners,
                        "clusters": [
                            self.cluster("h1", self.upstream.h1, False),
                            self.cluster("h2", self.upstream.h2, True),
                        ],
                    }
                }
            )
        )
        command = [self.program(), "-c", str(config), "--concurrency", "1", "-l", "error"]
        command += ["--base-id", str(1000 + os.getpid() % 30000)]
        self.process = Process(command, self.folder / "envoy.log")
        self.process.await_port(self.port)

    @staticmethod
    def wasm_filter(name, file, configuration):
        string = "type.googleapis.com/google.protobuf.StringValue"
        return {
            "name": "envoy.filters.http.wasm",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": {
                    "name": name,
                    "configuration": {"@type": string, "value": configuration},
                    "vm_config": {
                        "vm_id": name,
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": str(file)}},
                    },
                },
            },
        }

    def url(self, pairing):
        if pairing in self.wasm_ports:
            return f"http://127.0.0.1:{self.wasm_ports[pairing]}/h1/x"
        return super().url(pairing)


class Sluice(Peer):
    name = "Sluice"
    can = ("h1h1", "h2h1", "h2h2", "wasm")

    @staticmethod
    def program():
        return str(REPOSITORY / "sluice")

    def start(self):
        config = self.folder / "sluice.yaml"
        plugins = "".join(
            f'  - {{name: {name}, url: "file:{file}", pluginConfig: {configuration}}}\n'
            for name, file, configuration in self.wasm
        )
        wasm_routes = "".join(
            f"  - {{name: wasm-{name}, match: {{path: {{prefix: /wasm/{name}/}}}}, upstream: h1, plugins: [{name}]}}\n"
            for name, _, _ in self.wasm
        )
        port = free_port()
        self.admin = f"http://127.0.0.1:{port}"
        config.write_text(f"""
admin: {{address: "127.0.0.1:{port}"}}
threads: 1
accessLog: {{}}
listeners:
  - {{name: web, address: "127.0.0.1:{self.port}", limits: {{streams: 512}}}}
upstreams:
  - {{name: h1, endpoints: [{{address: "127.0.0.1:{self.upstream.h1}"}}], protocol: http/1.1}}
  - {{name: h2, endpoints: [{{address: "127.0.0.1:{self.upstream.h2}"}}], protocol: h2}}
routes:
  - {{name: h1, match: {{path: {{prefix: /h1}}}}, upstream: h1}}
  - {{name: h2, match: {{path: {{prefix: /h2}}}}, upstream: h2}}
{wasm_routes}plugins:{" []" if not plugins else ""}
{plugins}""")
        self.process = Process(
            [self.program(), "run", "-c", str(config)], self.folder / "sluice.log"
        )
        self.process.await_port(self.port, 120)


ALL = (Sluice, Envoy, HAProxy, Nginx)
