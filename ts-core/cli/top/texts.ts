/** Times and durations as `tbs top` shows them. */

/** Returns the local time of day, to compare with a clock on the wall; with the date if that is not the date of `now`. */
export function momentText(time: string, now = new Date()): string {
  const moment = new Date(time);
  const clock = moment.toTimeString().slice(0, 8);
  const isToday = moment.toDateString() === now.toDateString();
  return isToday ? clock : `${dateText(moment)} ${clock}`;
}

function dateText(moment: Date): string {
  const [month, day] = [moment.getMonth() + 1, moment.getDate()].map((number) => String(number).padStart(2, '0'));
  return `${moment.getFullYear()}-${month}-${day}`;
}

export function durationText(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0);
}
