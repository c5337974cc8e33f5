/**
 * Sends single requests by Apache HttpClient: every address is judged when it is connected to,
 * every wait and every header is bounded.
 */
@NullMarked
package dev.sluice.registry.internal.net;

import org.jspecify.annotations.NullMarked;
