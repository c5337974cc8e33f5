package dev.sluice.control;


import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigErrorsTest {
  @TempDir private Path folder;

  private List<String> errors(String yaml) {
    try {
      var file = folder.resolve("c.yaml");
      Files.writeString(file, yaml);
      ConfigReader.read(file);
      return List.of();
    } catch (ConfigException e) {
      return e.problems().stream().map(p -> p.toString().replace(folder + "/", "")).toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void show() {
    for (String y :
        List.of(
            "",
            "a",
            "- x",
            "{",
            "listeners: [",
            "listeners:\n\t- name: x",
            "a: 1\na: 2\nlisteners: []",
            "---\na: 1\n---\nb: 1",
            "listeners: [{name: w, address: 127.0.0.1:0}]\nlisteners: []",
            """
            admin: {address: 0.0.0.0:9901}
            drainTimeout: 30
            threads: many
            accesslog: {}
            listeners:
              - {name: web, address: localhost, adress: x}
              - {name: web, address: 127.0.0.1:99999}
              - {name: "bad name", addresses: [], address: 127.0.0.1:8080}
              - {name: t, address: 127.0.0.1:8080, tls: {certificates: [{cert: a.pem}]}, timeouts: {idle: 5}, limits: {headerBytes: 64KB, streams: 0}}
              - {name: raw, address: 0.0.0.0:6379, protocol: tcp, upstream: redis}
            """,
            """
            listeners: [{name: w, address: 127.0.0.1:8080}]
            providers: []
            upstreams:
              - {name: api, endpoints: []}
              - {name: b, endpoints: [{address: 127.0.0.1:0}, {address: x, weight: 0}], protocol: h3, loadBalancing: ring_hash, healthCheck: {}, circuitBreaker: {maxConnections: 3}}
              - {name: c}
            routes:
              - {name: r, upstream: apj}
              - {name: r, match: {path: {prefix: api}}, upstream: api, split: [{upstream: api}]}
              - {name: s, match: {path: {exact: /a, prefix: /b}}}
              - {name: t, match: {path: {regex: "["}, hosts: ["a:1"], methods: [get], headers: [{name: x}, {name: y, exact: a, prefix: b}, {name: z, regex: "("}]}, split: [{upstream: api, weight: 0}]}
              - {name: u, upstream: api, timeout: 5 seconds, retry: {attempts: 99, on: [sometimes, 200], perTryTimeout: -1s}, plugins: [nope, {name: nope2, pluginConfig: 5}, {pluginConfig: {}}, 5]}
              - {name: v, upstream: api, ai: {}, auth: {}}
              - just a word
            """,
            """
            listeners: [{name: w, address: 127.0.0.1:8080}]
            upstreams: [{name: api, endpoints: [{address: 127.0.0.1:90}]}]
            plugins:
              - {name: a, url: "ftp://x", sha256: abc, imagePullPolicy: Sometimes, type: NETWORK, engine: lua, phase: FIRST, priority: high, failStrategy: CLOSE}
              - {name: b, url: "file:x.wasm", limits: {memory: 1GB, callTime: 50, logLines: 100, callouts: -1, memry: 1}, grants: all, vmConfig: {env: {A: 1}}, verify: {}}
              - {name: c, url: "file:x.wasm", grants: {http: [nope], nothing: {}}, routes: [nope], global: maybe, pluginConfig: [], vmConfig: {configuration: 5}}
              - {name: d, url: "file:x.wasm", pluginConfig: {}, defaultConfig: {}, matchRules: [{config: {}}]}
              - {url: x}
            """,
            "admin: {token: \"${SLUICE_TEST_MISSING}\"}\n"
                + "listeners: [{name: \"${1bad}\", address: \"${file:none}\"}]",
            "listeners: [{name: \"${PATH}\", address: \"${HOME}\"}]",
            "a: &a [x,x]\nb: &b [*a,*a]\nlisteners: *nope",
            "listeners: null\nroutes: {}\nplugins: 5")) {
      System.out.println("=====\n" + y);
      errors(y).forEach(e -> System.out.println("  > " + e));
    }
  }
}
