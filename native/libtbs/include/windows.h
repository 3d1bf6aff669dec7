/*
 * The few names of Windows' headers that programs written for Tbs.h use, so that such a program compiles with only
 * its include path changed. This is not a Windows API.
 */
#ifndef TPMTBS_WINDOWS_H
#define TPMTBS_WINDOWS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

typedef void VOID, *PVOID, *LPVOID, *HANDLE;
typedef const void *PCVOID, *LPCVOID;
typedef uint8_t BYTE, *PBYTE, *LPBYTE, UINT8, *PUINT8, UCHAR, *PUCHAR, BOOLEAN;
typedef const BYTE *PCBYTE;
typedef char CHAR, *PCHAR, *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR;
typedef wchar_t WCHAR, *PWCHAR, *PWSTR, *LPWSTR;
typedef const wchar_t *PCWSTR, *LPCWSTR;
typedef int16_t SHORT, INT16;
typedef uint16_t USHORT, *PUSHORT, WORD, *PWORD, UINT16, *PUINT16;
typedef int32_t INT, *PINT, INT32, *PINT32, LONG, *PLONG, BOOL, *PBOOL, *LPBOOL, HRESULT;
typedef uint32_t UINT, *PUINT, UINT32, *PUINT32, ULONG, *PULONG, DWORD, *PDWORD, *LPDWORD, ULONG32, *PULONG32;
typedef const INT32 *PCINT32;
typedef const UINT32 *PCUINT32;
typedef const BOOL *PCBOOL;
typedef int64_t INT64, LONGLONG;
typedef uint64_t UINT64, *PUINT64, ULONGLONG, DWORD64;
typedef size_t SIZE_T, *PSIZE_T;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define CONST const
#define WINAPI
#define CALLBACK
#define APIENTRY

#ifndef S_OK
#define S_OK ((HRESULT)0)
#endif
#define S_FALSE ((HRESULT)1)
#define E_FAIL ((HRESULT)0x80004005)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_POINTER ((HRESULT)0x80004003)
#define NTE_NOT_FOUND ((HRESULT)0x80090011)
#define NTE_BUFFER_TOO_SMALL ((HRESULT)0x80090028)
#define SUCCEEDED(result) ((HRESULT)(result) >= 0)
#define FAILED(result) ((HRESULT)(result) < 0)

#define ZeroMemory(destination, length) memset((destination), 0, (length))
#define SecureZeroMemory(destination, length) explicit_bzero((destination), (length))
#define CopyMemory(destination, source, length) memcpy((destination), (source), (length))

#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#endif
