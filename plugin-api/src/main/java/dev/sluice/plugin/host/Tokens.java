package dev.sluice.plugin.host;

/** Estimates tokens. */
public interface Tokens {
  /** Estimates the tokens of a text for a model. */
  void count(String model, String text, Completion<Long> completion);
}
