package dev.sluice.acceptance;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Is one exchange and what the guest does to it, as oracle.txt writes it down.
 *
 * @param name unique, of letters, digits and hyphens
 * @param script the lines of the guest
 * @param request what the client sends
 * @param response what the upstream answers
 * @param tcp whether the messages are bytes alone and the plugin is one for connections
 * @param failOpen whether the plugin fails open
 * @param difference the name of the line of RATIONALE.md that says why the hosts differ
 */
record OracleScenario(
    String name,
    List<String> script,
    Message request,
    Message response,
    boolean tcp,
    boolean failOpen,
    Optional<String> difference) {
  /**
   * Is a message of HTTP/1.1.
   *
   * @param first {@code POST /path} or a status
   * @param headers lines
   * @param body pieces, each a chunk of its own
   * @param trailers lines
   */
  record Message(String first, List<String> headers, List<String> body, List<String> trailers) {}

  /** Reads scenarios: each begins with {@code # name}. */
  static List<OracleScenario> parse(String text) {
    var scenarios = new ArrayList<OracleScenario>();
    Reading current = null;
    for (var line : text.lines().toList()) {
      if (line.startsWith("# ")) {
        if (current != null) {
          scenarios.add(current.done());
        }
        current = new Reading(line.substring(2).strip());
      } else if (current != null && !line.isBlank() && !line.startsWith("--")) {
        current.line(line);
      }
    }
    if (current != null) {
      scenarios.add(current.done());
    }
    return scenarios;
  }

  /** Returns the configuration of the guest: a JSON object with one text. */
  String configuration() {
    var script = new StringBuilder("id " + name + "\\n");
    script().forEach(line -> script.append(line).append("\\n"));
    return "{\"script\":\"" + script + "\"}";
  }

  @Override
  public String toString() {
    return name;
  }

  private static final class Reading {
    private final String name;
    private final List<String> script = new ArrayList<>();
    private final Part request = new Part("GET /");
    private final Part response = new Part("200");
    private boolean tcp;
    private boolean failOpen;
    private Optional<String> difference = Optional.empty();

    Reading(String name) {
      this.name = name;
    }

    void line(String line) {
      switch (line.charAt(0)) {
        case '>' -> request.line(line.substring(1).strip());
        case '<' -> response.line(line.substring(1).strip());
        case '!' -> option(line.substring(1).strip());
        default -> script.add(line);
      }
    }

    private void option(String option) {
      if (option.equals("fail-open")) {
        failOpen = true;
      } else if (option.equals("tcp")) {
        tcp = true;
      } else if (option.startsWith("differs: ")) {
        difference = Optional.of(option.substring(9));
      } else {
        throw new IllegalArgumentException(name + ": no option " + option);
      }
    }

    OracleScenario done() {
      return new OracleScenario(
          name, script, request.message(), response.message(), tcp, failOpen, difference);
    }
  }

  private static final class Part {
    private String first;
    private final List<String> headers = new ArrayList<>();
    private final List<String> body = new ArrayList<>();
    private final List<String> trailers = new ArrayList<>();

    Part(String first) {
      this.first = first;
    }

    void line(String line) {
      if (line.startsWith("body: ")) {
        body.addAll(List.of(line.substring(6).split("\\|", -1)));
      } else if (line.startsWith("trailer: ")) {
        trailers.add(line.substring(9));
      } else if (line.matches("[A-Za-z0-9-]+: ?.*")) {
        headers.add(line);
      } else {
        first = line;
      }
    }

    Message message() {
      return new Message(first, List.copyOf(headers), List.copyOf(body), List.copyOf(trailers));
    }
  }
}
