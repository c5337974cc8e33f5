package dev.sluice.providers;

/** Names the kinds of providers: what they speak, and how they know their callers. */
public enum ProviderFormat {
  /** OpenAI's API, and whatever else speaks it. */
  OPENAI,
  /** OpenAI's API in Azure: deployments in the path, a version in the query. */
  AZURE,
  /** Anthropic's Messages API. */
  ANTHROPIC,
  /** Google's Gemini API, also as Vertex AI serves it. */
  GEMINI,
  /** Amazon Bedrock: Anthropic's models by InvokeModel, others by its OpenAI endpoint. */
  BEDROCK
}
