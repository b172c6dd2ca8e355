export { appleAuth, type AppleAuth } from './apple-auth.js'
export type { AppleClaims, AppleIdentity, AppleUser, UnverifiedName } from './apple/identity.js'
export type { AppleNotification, AppleNotificationType } from './apple/notification.js'
export type { AppleTransferredUser } from './apple/user-migration.js'
export { appleButton, type AppleButton } from './button/apple-button.js'
export type {
  AppleButtonLayout,
  AppleButtonOptions,
  AppleButtonType,
  AppleCenterButtonOptions,
  AppleLeftButtonOptions,
  AppleLogoButtonOptions,
} from './button/button-options.js'
export type { AppleButtonLocale } from './button/button-titles.js'
export type { AppleConnection } from './connections/connection.js'
export type { AppleConnections } from './connections/connections.js'
export type { AppleAuthOptions, AppleLoginContext, AppleStore } from './config/options.js'
export type { AppleResponseMode, AppleService } from './config/services.js'
export * from './errors.js'
export type { AppleAuthEvents } from './events.js'
export type { Missing } from './http/guard-conditions.js'
export type { RequireAppleAuthOptions } from './http/guard-options.js'
export type { LoginOptions, RequestApple } from './http/request-apple.js'
export type { AppleRevocation } from './http/revoke-person.js'
export { requireAppleAuth } from './http/require-apple-auth.js'
export { requireAppleIdentityToken, type RequireAppleIdentityTokenOptions } from './http/require-identity-token.js'
export type { AppleDomain, AppleOrganization } from './roster/organization.js'
export type { RosterClass } from './roster/class.js'
export type { RosterLocation } from './roster/location.js'
export type { RosterClient } from './roster/roster-client.js'
export type { RosterList } from './roster/roster-list.js'
export type {
  RosterClassUsersOptions,
  RosterListOptions,
  RosterRequestOptions,
  RosterUsersOptions,
} from './roster/roster-options.js'
export type { RosterRoleLocation, RosterUser } from './roster/user.js'
export type { AppleTokens } from './session/tokens.js'
export type { AppleTransfer } from './transfer/transfer.js'
export type {
  AppleExchangeResult,
  AppleTransferIds,
  AppleTransferOptions,
  AppleTransferProgress,
  AppleTransferSubResult,
  AppleTransferSubsOptions,
} from './transfer/transfer-options.js'
