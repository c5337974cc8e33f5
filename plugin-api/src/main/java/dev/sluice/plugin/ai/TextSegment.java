package dev.sluice.plugin.ai;

/**
 * Is one piece of text of a request.
 *
 * @param index its number in the request, from 0
 * @param role who speaks
 * @param place where it stood, as a JSON pointer into the original body (RFC 6901)
 * @param text the text, decoded
 */
public record TextSegment(int index, Role role, String place, String text) {}
