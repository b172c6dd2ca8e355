import type { AppleButtonType } from './button-options.js'

/** The titles of the button in the languages that Apple draws it in; also the list of those languages. */
export const buttonTitles = {
  ar_SA: { 'sign-in': 'تسجيل الدخول باستخدام Apple', continue: 'المتابعة باستخدام Apple' },
  ca_ES: { 'sign-in': 'Inicia la sessió amb Apple', continue: 'Continua amb Apple' },
  cs_CZ: { 'sign-in': 'Přihlásit se přes Apple', continue: 'Pokračovat přes Apple' },
  da_DK: { 'sign-in': 'Log ind med Apple', continue: 'Fortsæt med Apple' },
  de_DE: { 'sign-in': 'Mit Apple anmelden', continue: 'Mit Apple fortfahren' },
  el_GR: { 'sign-in': 'Σύνδεση μέσω Apple', continue: 'Συνέχεια μέσω Apple' },
  en_GB: { 'sign-in': 'Sign in with Apple', continue: 'Continue with Apple' },
  en_US: { 'sign-in': 'Sign in with Apple', continue: 'Continue with Apple' },
  es_ES: { 'sign-in': 'Iniciar sesión con Apple', continue: 'Continuar con Apple' },
  es_MX: { 'sign-in': 'Iniciar sesión con Apple', continue: 'Continuar con Apple' },
  fi_FI: { 'sign-in': 'Kirjaudu sisään Applella', continue: 'Jatka Applella' },
  fr_CA: { 'sign-in': 'Se connecter avec Apple', continue: 'Continuer avec Apple' },
  fr_FR: { 'sign-in': 'Se connecter avec Apple', continue: 'Continuer avec Apple' },
  hr_HR: { 'sign-in': 'Prijava s Appleom', continue: 'Nastavi s Appleom' },
  hu_HU: { 'sign-in': 'Bejelentkezés Apple-lel', continue: 'Folytatás Apple-lel' },
  id_ID: { 'sign-in': 'Masuk dengan Apple', continue: 'Lanjutkan dengan Apple' },
  it_IT: { 'sign-in': 'Accedi con Apple', continue: 'Continua con Apple' },
  iw_IL: { 'sign-in': 'התחברות באמצעות Apple', continue: 'המשך באמצעות Apple' },
  ja_JP: { 'sign-in': 'Appleでサインイン', continue: 'Appleで続ける' },
  ko_KR: { 'sign-in': 'Apple로 로그인', continue: 'Apple로 계속하기' },
  ms_MY: { 'sign-in': 'Daftar masuk dengan Apple', continue: 'Teruskan dengan Apple' },
  nl_NL: { 'sign-in': 'Log in met Apple', continue: 'Ga door met Apple' },
  no_NO: { 'sign-in': 'Logg på med Apple', continue: 'Fortsett med Apple' },
  pl_PL: { 'sign-in': 'Zaloguj się przez Apple', continue: 'Kontynuuj przez Apple' },
  pt_BR: { 'sign-in': 'Iniciar sessão com a Apple', continue: 'Continuar com a Apple' },
  pt_PT: { 'sign-in': 'Iniciar sessão com a Apple', continue: 'Continuar com a Apple' },
  ro_RO: { 'sign-in': 'Autentificare cu Apple', continue: 'Continuare cu Apple' },
  ru_RU: { 'sign-in': 'Вход с Apple', continue: 'Продолжить с Apple' },
  sk_SK: { 'sign-in': 'Prihlásiť sa cez Apple', continue: 'Pokračovať cez Apple' },
  sv_SE: { 'sign-in': 'Logga in med Apple', continue: 'Fortsätt med Apple' },
  th_TH: { 'sign-in': 'ลงชื่อเข้าด้วย Apple', continue: 'ดำเนินการต่อด้วย Apple' },
  tr_TR: { 'sign-in': 'Apple ile giriş yap', continue: 'Apple ile devam et' },
  uk_UA: { 'sign-in': 'Увійти з Apple', continue: 'Продовжити з Apple' },
  vi_VI: { 'sign-in': 'Đăng nhập bằng Apple', continue: 'Tiếp tục với Apple' },
  zh_CN: { 'sign-in': '通过 Apple 登录', continue: '通过 Apple 继续' },
  zh_HK: { 'sign-in': '使用 Apple 登入', continue: '使用 Apple 繼續' },
  zh_TW: { 'sign-in': '使用 Apple 登入', continue: '使用 Apple 繼續' },
} as const satisfies Record<string, Record<AppleButtonType, string>>

/** A language and country that Apple draws the button's title in, such as `de_DE`. */
export type AppleButtonLocale = keyof typeof buttonTitles

/** Apple's locale as HTML names languages: `de-DE`, and for `iw_IL` today's `he-IL`. */
export function htmlLanguage(locale: AppleButtonLocale): string {
  return Intl.getCanonicalLocales(locale.replace('_', '-')).join()
}
