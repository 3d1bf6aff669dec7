/** Why a request about event actions is refused. */
import { MAX_EVENT_ACTIONS } from '../../domain/event-actions/event-action.js';
import { TbsError } from '../../domain/tbs-error.js';

export function badName(name: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `${JSON.stringify(name)} cannot be the name of an event action.`,
    action: 'Choose up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
    details: { parameter: 'name' },
  });
}

export function badScript(path: string, reason: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The script of an event action must be a file that only root can change. ${reason}`,
    action:
      'Give the path of a PowerShell script of at most 1 MB, such as one in /etc/tpmtbs/actions.d, that belongs to root and has mode 0644.',
    details: { parameter: 'path', path },
  });
}

export function unknownAction(name: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `There is no event action ${JSON.stringify(name)}.`,
    action: 'Get-TbsEventAction and `tbs action list` show them all.',
    details: { parameter: 'name', name },
  });
}

export function tooManyActions(): TbsError {
  return new TbsError('TBS_E_TOO_MANY_RESOURCES', {
    message: `The limit of ${MAX_EVENT_ACTIONS} event actions is reached.`,
    action: 'Unregister one.',
    details: { limit: MAX_EVENT_ACTIONS },
  });
}

export function tooManyTests(limit: number): TbsError {
  return new TbsError('TBS_E_TOO_MANY_RESOURCES', {
    message: `The limit of ${limit} tests of event actions at a time is reached.`,
    action: 'Wait for one to end.',
    details: { limit },
  });
}

export function serviceAway(name: string): TbsError {
  return new TbsError('TBS_E_SERVICE_NOT_RUNNING', {
    message: `The service tbs-actions, which would run ${name}, is not connected to the broker.`,
    action: 'See `systemctl status tpmtbs-actions`; eventActionsUser in tbsd.json must name its user.',
  });
}

export function serviceSilent(name: string, waitedMs: number): TbsError {
  return new TbsError('TBS_E_SERVICE_NOT_RUNNING', {
    message: `The service tbs-actions has not reported a run of ${name} within ${waitedMs / 1000} seconds.`,
    action: 'See `systemctl status tpmtbs-actions`; eventActionsUser in tbsd.json must name its user.',
  });
}

export function notTheService(): TbsError {
  return new TbsError('TBS_E_ACCESS_DENIED', {
    message: 'Only the service tbs-actions may report the runs of event actions.',
    action: 'eventActionsUser in tbsd.json names its user.',
  });
}
