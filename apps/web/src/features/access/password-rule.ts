/** As `NewPassword` in the contracts judges it. */
export const passwordRule = 'At least 12 characters. A few words that do not belong together are good.';
