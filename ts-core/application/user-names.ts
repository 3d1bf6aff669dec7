/** Names of users for people to read and to type; decisions go by the key. */
export interface UserNames {
  /** `alice` for `uid:1000`; null when the user is not known (any more). */
  nameOf(userKey: string): string | null;
  /** The key of a user given by name, by number or by key; undefined when there is none. */
  keyOf(user: string): string | undefined;
}
