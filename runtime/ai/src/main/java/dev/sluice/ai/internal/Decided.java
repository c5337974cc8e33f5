package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is a reply with what plugins made of it.
 *
 * @param replacement what goes on in its place, or null when it goes on as it is
 */
record Decided(Reply reply, @Nullable List<AiEvent> replacement) {}
