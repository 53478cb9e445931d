import { describe, expect, it } from 'vitest';
import { dispatch } from '../../src/dispatch.ts';
import { catchInvocation } from '../support/invocation.ts';

describe('the browser helper', () => {
  it.each([
    ['http://login.example/', 'SERVICE_REFUSED'],
    ['http://127.0.0.1.example/', 'SERVICE_REFUSED'],
    ['https://alice@login.example/', 'SERVICE_REFUSED'],
    ['file:///etc/passwd', 'SERVICE_REFUSED'],
    ['javascript:alert(1)', 'SERVICE_REFUSED'],
    ['ms-settings:', 'SERVICE_REFUSED'],
    ['-a Calculator', 'SERVICE_REFUSED'],
    ['', 'USAGE'],
  ])('refuses %j, which is neither https nor on this machine (O12)', async (address, code) => {
    const { invocation } = catchInvocation({ args: ['open-browser'], input: Buffer.from(address) });
    await expect(dispatch(invocation)).rejects.toMatchObject({ code });
  });

  it('takes no address as an argument, where other users could read it (O10)', async () => {
    const { invocation } = catchInvocation({ args: ['open-browser', 'https://login.example/'] });
    await expect(dispatch(invocation)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
