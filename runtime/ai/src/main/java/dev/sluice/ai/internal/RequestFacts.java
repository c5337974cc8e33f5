package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.Concern;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.TextSegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what a request says, with the nodes where it stands. One thread. */
final class RequestFacts {
  private static final int MAX_SEGMENTS = 250_000;
  private static final int MAX_PLACES = 64 << 20;

  final JsonTape tape;
  final List<TextSegment> segments = new ArrayList<>();
  final List<String> tools = new ArrayList<>();
  final Map<String, String> parameters = new LinkedHashMap<>();
  final List<Concern> concerns = new ArrayList<>();
  private int[] nodes = new int[16];
  private long places;
  String model = "";
  int modelNode = -1;
  boolean stream;
  boolean includeUsage;
  int streamOptions = -1;

  /** The array of messages, or a text that stands for it; -1 when there is none. */
  int messages = -1;

  int system = -1;
  long maxOutputTokens = -1;

  RequestFacts(JsonTape tape) {
    this.tape = tape;
  }

  void segment(Role role, String place, int node) {
    if (tape.end(node) - tape.start(node) > 2) {
      int index = segments.size();
      if (index == nodes.length) {
        nodes = Arrays.copyOf(nodes, index * 2);
      }
      nodes[index] = node;
      places += place.length();
      if (index == MAX_SEGMENTS || places > MAX_PLACES) {
        throw new AiFormatException(
            AiFormatException.Kind.TOO_LARGE,
            "texts: over "
                + index
                + " of them, the last at "
                + place.length()
                + " characters of pointer"
                + " (expected: "
                + MAX_SEGMENTS
                + " at most, less deep)");
      }
      segments.add(new TextSegment(index, role, place, tape.text(node)));
    }
  }

  int node(int segment) {
    return nodes[segment];
  }

  void concern(Concern.Kind kind, String place, String detail) {
    concerns.add(new Concern(kind, place, detail));
  }
}
