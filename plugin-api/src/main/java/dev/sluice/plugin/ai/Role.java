package dev.sluice.plugin.ai;

/** Says who speaks in a text segment. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  /** Arguments that the model gave to a tool. */
  TOOL_INPUT,
  /** What a tool answered. */
  TOOL_OUTPUT,
  /** Names, descriptions and schemas of tools. */
  TOOL_DEFINITION
}
