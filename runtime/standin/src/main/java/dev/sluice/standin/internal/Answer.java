package dev.sluice.standin.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is an answer in pieces of one token each.
 *
 * @param finish {@code stop}, {@code length}, {@code tool_calls}, {@code content_filter}
 * @param input prompt tokens, cached ones included
 * @param usage whether the provider tells the usage
 */
record Answer(
    String id,
    long created,
    String model,
    List<Piece> pieces,
    String finish,
    long input,
    long cached,
    boolean usage) {

  /** A token. */
  sealed interface Piece {}

  /** A word of what the model thinks. */
  record Thought(String text) implements Piece {}

  /** A word of what it says. */
  record Word(int choice, String text) implements Piece {}

  /**
   * A part of a call of a tool.
   *
   * @param index its place among the calls
   * @param name the tool, in the first part only
   * @param arguments a part of its arguments
   * @param whole all of its arguments, in the last part only
   */
  record CallPart(
      int index, String id, @Nullable String name, String arguments, @Nullable String whole)
      implements Piece {}

  long output() {
    return pieces.size();
  }

  long reasoning() {
    return pieces.stream().filter(Thought.class::isInstance).count();
  }

  String thoughts() {
    var all = new StringBuilder();
    for (Piece piece : pieces) {
      if (piece instanceof Thought thought) {
        all.append(thought.text());
      }
    }
    return all.toString();
  }

  String text(int choice) {
    var all = new StringBuilder();
    for (Piece piece : pieces) {
      if (piece instanceof Word word && word.choice() == choice) {
        all.append(word.text());
      }
    }
    return all.toString();
  }

  /** A call of a tool. */
  record Call(String id, String name, String arguments) {}

  List<Call> calls() {
    var all = new java.util.ArrayList<Call>();
    String name = "";
    for (Piece piece : pieces) {
      if (piece instanceof CallPart part) {
        if (part.name() != null) {
          name = part.name();
        }
        if (part.whole() != null) {
          all.add(new Call(part.id(), name, part.whole()));
        }
      }
    }
    return all;
  }
}
