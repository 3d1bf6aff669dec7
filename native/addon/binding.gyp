{
  "targets": [
    {
      "target_name": "tpmtbs",
      "sources": ["src/addon.cc"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED"
      ],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-cast-function-type", "-fvisibility=hidden"],
      "conditions": [
        ["OS=='linux'", {
          "sources": [
            "src/boot_clock_linux.cc",
            "src/byte_stream_linux.cc",
            "src/connection_acceptor_linux.cc",
            "src/datagram_linux.cc",
            "src/file_lock_linux.cc",
            "src/gssapi_linux.cc",
            "src/kerberos_client_linux.cc",
            "src/passed_descriptors_linux.cc",
            "src/peer_credentials_linux.cc",
            "src/stream_poller_linux.cc"
          ]
        }],
        ["OS=='win'", {
          "sources": [
            "src/accounts_windows.cc",
            "src/boot_clock_windows.cc",
            "src/file_lock_windows.cc",
            "src/pipe_listener_windows.cc",
            "src/pipe_peer_windows.cc",
            "src/registry_windows.cc",
            "src/tbs_windows.cc",
            "src/token_facts_windows.cc",
            "src/win32_error_windows.cc"
          ],
          "defines": ["UNICODE", "WIN32_LEAN_AND_MEAN", "NOMINMAX", "_WIN32_WINNT=0x0602"],
          "libraries": ["advapi32.lib"]
        }]
      ]
    }
  ]
}
