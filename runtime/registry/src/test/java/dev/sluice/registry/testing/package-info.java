/** Registries that misbehave and registries that others wrote, for the tests of several modules. */
@NullMarked
package dev.sluice.registry.testing;

import org.jspecify.annotations.NullMarked;
