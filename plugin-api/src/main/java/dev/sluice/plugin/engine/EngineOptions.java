package dev.sluice.plugin.engine;

import dev.sluice.plugin.Limits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Says how to load a plugin.
 *
 * @param limits what its VMs may use
 * @param trusted whether the operator set {@code trusted: true}
 * @param codeCache a folder of the user's own (mode 0700) for compiled code, or null for none
 */
public record EngineOptions(Limits limits, boolean trusted, @Nullable Path codeCache) {}
