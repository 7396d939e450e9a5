/** How a credential travels where a page cannot set headers. */

export const SUBPROTOCOL = "hangup.v1";

/**
 * Give the subprotocol that carries a token.
 *
 * A subprotocol is a token as RFC 9110 has it (5.6.2), which holds no `=` and no `/`: a credential
 * with such characters is encoded.
 */
export function subprotocolOf(token: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(token)) return `jwt.${token}`;
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  const encoded = btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `jwt64.${encoded}`;
}
