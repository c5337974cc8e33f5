/** What tests of telemetry share. */
@NullMarked
package dev.sluice.usage.testing;

import org.jspecify.annotations.NullMarked;
