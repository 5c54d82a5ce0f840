/** What a person at one node does about who shares the folder. Other nodes by their device IDs in text form. */
export type MemberAct =
  /** Trusts a device, and lets it share the folder. */
  | { readonly is: 'admit'; readonly device: string; readonly address: string }
  | { readonly is: 'trust'; readonly device: string; readonly address: string }
  /** Shares the folder with a device that is trusted. */
  | { readonly is: 'share'; readonly device: string }
  | { readonly is: 'remove'; readonly device: string }
  | { readonly is: 'leave' };
